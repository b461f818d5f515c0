// A Python for the command line out of Pyodide: node python.mjs [OPTION…] (-c CODE | -m MODULE) [ARGUMENT…]
//
// In the environment: PYODIDE, the folder of the npm package; PYODIDE_MOUNTS, a JSON object of folders
// to show inside, by the place where they are shown. The rest of the environment is the program's own.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const { PYODIDE, PYODIDE_MOUNTS, ...given } = process.env;
const { loadPyodide } = await import(pathToFileURL(`${PYODIDE}/pyodide.mjs`).href);

const command = process.argv.slice(2);
const first = command.findIndex((argument) => argument === "-c" || argument === "-m");
const python = await loadPyodide({
  indexURL: PYODIDE,
  args: command.slice(0, first),
  env: { ...given, HOME: "/home/web_user", PYTHONDONTWRITEBYTECODE: "1" },
});
for (const [place, folder] of Object.entries(JSON.parse(PYODIDE_MOUNTS))) {
  python.FS.mkdirTree(place);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, place);
}

// A process of its own, for `start.py`, which has no other way to begin one.
const spawn = (options, environment, input, timeout) => {
  const ended = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...options.toJs()], {
    env: { ...environment.toJs({ dict_converter: Object.fromEntries }), PYODIDE, PYODIDE_MOUNTS },
    input: input ?? "",
    timeout: timeout === undefined ? undefined : timeout * 1000,
    encoding: "utf-8",
    maxBuffer: 1 << 28,
  });
  return [ended.status ?? -1, ended.stdout, ended.stderr, ended.error?.code ?? ""];
};
python.registerJsModule("node", { spawn });
const input = [() => readFileSync(0, "utf-8")]; // once; then comes the end
python.setStdin({ stdin: () => input.pop()?.() });

const start = readFileSync(new URL("start.py", import.meta.url), "utf-8");
python.runPython(start, { filename: "start.py" });
process.exit(python.globals.get("run")(command.slice(first)));
