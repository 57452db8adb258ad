import type { Node, Tree } from "./trees.ts";

/** Share of the code inside syntax errors, 0 to 1. What is missing counts as one character. */
export function errorShare(tree: Tree, length: number): number {
  if (length === 0 || !tree.rootNode.hasError) return 0;
  return Math.min(1, wrong(tree.rootNode) / length);
}

/** Only nodes with an error somewhere in them are looked into. */
function wrong(root: Node): number {
  let sum = 0;
  const left: Node[] = [root];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (node.isMissing) sum += 1;
    else if (node.isError) sum += Math.max(1, node.endIndex - node.startIndex);
    else if (node.hasError) for (const child of node.children) if (child !== null) left.push(child);
  }
  return sum;
}
