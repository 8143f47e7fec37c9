import { defineConfig } from "vite";
import { licences } from "./licences.ts";

/** Builds one page's files under fixed names, so that the template can name them without a manifest. */
export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [licences("third-party-licences.txt")],
  build: {
    outDir: "../api/static/app",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: "src/main.ts",
      output: {
        entryFileNames: "app.js",
        chunkFileNames: "[name].js",
        assetFileNames: (asset) => (asset.names.some((name) => name.endsWith(".css")) ? "app.css" : "[name].js"),
      },
    },
  },
});
