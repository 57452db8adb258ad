/**
 * A Qwen3 model of one layer with random weights, as a GGUF file (format version 3) in memory: some 200 kB.
 * What it says means nothing; it loads, takes prompts and generates tokens like its larger kin.
 */
const TYPE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;
const ALIGNMENT = 32;
const EMBEDDING = 64;
const FEED_FORWARD = 128;
const HEADS = 2;
const HEAD = 32;

export interface TinyModel {
  /** Another seed is another model. */
  readonly seed?: number;
  readonly chatTemplate?: string;
}

export function tinyGguf({ seed = 1, chatTemplate }: TinyModel = {}): Buffer {
  const tokens = [...byteAlphabet(), "<|endoftext|>", "<|im_start|>", "<|im_end|>"];
  const entries = [
    string("general.architecture", "qwen3"),
    string("general.name", "tiny"),
    uint32("general.file_type", 0),
    uint32("qwen3.block_count", 1),
    uint32("qwen3.context_length", 4096),
    uint32("qwen3.embedding_length", EMBEDDING),
    uint32("qwen3.feed_forward_length", FEED_FORWARD),
    uint32("qwen3.attention.head_count", HEADS),
    uint32("qwen3.attention.head_count_kv", 1),
    uint32("qwen3.attention.key_length", HEAD),
    uint32("qwen3.attention.value_length", HEAD),
    float32("qwen3.rope.freq_base", 1e6),
    float32("qwen3.attention.layer_norm_rms_epsilon", 1e-6),
    string("tokenizer.ggml.model", "gpt2"),
    string("tokenizer.ggml.pre", "qwen2"),
    array("tokenizer.ggml.tokens", TYPE.string, tokens.map(text)),
    array(
      "tokenizer.ggml.token_type",
      TYPE.int32,
      tokens.map((_, id) => u32(id < 256 ? 1 : 3)),
    ),
    array("tokenizer.ggml.merges", TYPE.string, [text("a b")]),
    uint32("tokenizer.ggml.eos_token_id", 258),
    uint32("tokenizer.ggml.padding_token_id", 256),
    uint32("tokenizer.ggml.bos_token_id", 256),
    entry("tokenizer.ggml.add_bos_token", TYPE.bool, Buffer.of(0)),
    ...(chatTemplate === undefined ? [] : [string("tokenizer.chat_template", chatTemplate)]),
  ];
  const random = generator(seed);
  let offset = 0;
  const tensors = shapes(tokens.length).map(({ name, shape }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const weight = weightsOf(name, random);
    const data = Buffer.from(
      Float32Array.from({ length: size }, (_, index) => weight(Math.floor(index / EMBEDDING))).buffer,
    );
    const info = [text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset)];
    offset += padded(data.length);
    return { info: Buffer.concat(info), data: pad(data) };
  });
  const header = [Buffer.from("GGUF"), u32(3), u64(tensors.length), u64(entries.length), ...entries];
  return Buffer.concat([pad(Buffer.concat([...header, ...tensors.map((t) => t.info)])), ...tensors.map((t) => t.data)]);
}

function shapes(vocabulary: number): { name: string; shape: number[] }[] {
  const layer: [string, number[]][] = [
    ["attn_norm", [EMBEDDING]],
    ["attn_q", [EMBEDDING, HEADS * HEAD]],
    ["attn_k", [EMBEDDING, HEAD]],
    ["attn_v", [EMBEDDING, HEAD]],
    ["attn_output", [HEADS * HEAD, EMBEDDING]],
    ["attn_q_norm", [HEAD]],
    ["attn_k_norm", [HEAD]],
    ["ffn_norm", [EMBEDDING]],
    ["ffn_gate", [EMBEDDING, FEED_FORWARD]],
    ["ffn_up", [EMBEDDING, FEED_FORWARD]],
    ["ffn_down", [FEED_FORWARD, EMBEDDING]],
  ];
  return [
    { name: "token_embd.weight", shape: [EMBEDDING, vocabulary] },
    { name: "output_norm.weight", shape: [EMBEDDING] },
    ...layer.map(([name, shape]) => ({ name: `blk.0.${name}.weight`, shape })),
  ];
}

/** Special tokens get no weight against the bytes, so that an answer goes on for as long as it is allowed to. */
function weightsOf(name: string, random: () => number): (row: number) => number {
  if (name.endsWith("norm.weight")) return () => 1;
  if (name === "token_embd.weight") return (token) => (token < 256 ? 8 * (random() - 0.5) : 0);
  return () => random() - 0.5;
}

/** GPT-2's printable stand-in for each byte value. */
function byteAlphabet(): string[] {
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : next++));
}

/** Park and Miller's minimal standard generator. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

const entry = (key: string, type: number, value: Buffer) => Buffer.concat([text(key), u32(type), value]);
const string = (key: string, value: string) => entry(key, TYPE.string, text(value));
const uint32 = (key: string, value: number) => entry(key, TYPE.uint32, u32(value));
const float32 = (key: string, value: number) => entry(key, TYPE.float32, Buffer.from(Float32Array.of(value).buffer));
const array = (key: string, type: number, items: Buffer[]) =>
  entry(key, TYPE.array, Buffer.concat([u32(type), u64(items.length), ...items]));
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const padded = (size: number) => Math.ceil(size / ALIGNMENT) * ALIGNMENT;
const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(padded(bytes.length) - bytes.length)]);
