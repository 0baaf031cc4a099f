// Holds GitHub Actions workflows to GitHub's own parser of them.
//
//     node workflow_check.mjs NODE_MODULES FILE...
//
// Writes a JSON list with what is wrong with each file.

import { readFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { pathToFileURL } from "node:url";

// The package imports JSON as its bundlers do; Node wants to be told so at each import.
const hook = `
import { readFile } from "node:fs/promises";
export async function load(url, context, next) {
  if (!url.endsWith(".json")) return next(url, context);
  const source = "export default " + (await readFile(new URL(url), "utf8"));
  return { format: "module", shortCircuit: true, source };
}`;
register("data:text/javascript," + encodeURIComponent(hook));

const [modules, ...files] = process.argv.slice(2);
const resolve = createRequire(modules + "/").resolve;
const load = (name) => import(pathToFileURL(resolve(name)).href);
const { validate } = await load(modules + "/@actions/languageservice/dist/index.js");
const { TextDocument } = await load(modules + "/vscode-languageserver-textdocument");

const problems = [];
for (const file of files) {
  const document = TextDocument.create(pathToFileURL(file).href, "yaml", 0, readFileSync(file, "utf8"));
  const found = await validate(document);
  problems.push(found.map((problem) => `line ${problem.range.start.line + 1}: ${problem.message}`));
}
process.stdout.write(JSON.stringify(problems));
