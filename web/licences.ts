import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

interface Lock {
  packages: Record<string, { version?: string; license?: string; dev?: boolean }>;
}

/** Writes the licences of everything that goes into the bundle beside it, as they ask for. */
export function licences(file: string): Plugin {
  return {
    name: "licences",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: file, source: collect(import.meta.dirname) });
    },
  };
}

function collect(root: string): string {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf-8")) as Lock;
  const shipped = Object.entries(lock.packages).filter(([path, entry]) => path !== "" && entry.dev !== true);
  return shipped
    .map(([path, { version = "", license = "" }]) => {
      const name = path.replace(/^.*node_modules\//, "");
      return `${name} ${version} (${license})\n\n${textOf(join(root, path))}`;
    })
    .join(`\n\n${"-".repeat(80)}\n\n`);
}

function textOf(folder: string): string {
  const found = existsSync(folder) ? readdirSync(folder).find((name) => /^licen[cs]e/i.test(name)) : undefined;
  return found === undefined ? "The package comes without a licence text." : readFileSync(join(folder, found), "utf-8").trim();
}
