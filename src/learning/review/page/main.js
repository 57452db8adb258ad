/** @import { SessionInfo } from "./types.d.ts" */
import { Api } from "./api.js";
import { showCalibration } from "./calibration.js";
import { desk } from "./desk.js";
import { byId, el } from "./dom.js";
import { fillHelp, listenForKeys } from "./keys.js";
import { signIn } from "./login.js";

const api = new Api();

/** @param {SessionInfo} session */
function start({ user, policies }) {
  byId("app", HTMLDivElement).hidden = false;
  byId("user", HTMLSpanElement).textContent = user.name;
  const policy = byId("policy", HTMLSelectElement);
  policy.append(
    el("option", { value: "" }, "All policies"),
    ...policies.map((name) => el("option", { value: name }, name)),
  );
  const calibration = () => void showCalibration(api, policies, policy.value);
  byId("show-calibration", HTMLButtonElement).addEventListener("click", calibration);
  const help = () => byId("help", HTMLDialogElement).showModal();
  byId("show-help", HTMLButtonElement).addEventListener("click", help);

  const reviewer = user.roles.some((role) => role === "reviewer" || role === "admin");
  const work = reviewer ? desk(api, policy) : undefined;
  if (work === undefined) {
    byId("item", HTMLDivElement).append(
      el("p", { class: "alone muted" }, "Your key may look at the calibration, and decides nothing."),
    );
    calibration();
  }
  byId("logout", HTMLButtonElement).addEventListener("click", async () => {
    await work?.leave();
    await api.logout().catch(() => {});
    location.reload();
  });
  const shortcuts = [
    ...(work?.shortcuts ?? []),
    { keys: ["c"], does: "Calibration", run: calibration },
    { keys: ["?"], does: "These keys", run: help },
  ];
  fillHelp(shortcuts);
  listenForKeys(shortcuts);
}

start(await signIn(api));
