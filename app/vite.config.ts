import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Relative addresses: the page is served from any folder, by any file server.
export default defineConfig({
  base: "./",
  plugins: [react(), tailwindcss()],
  // The client is linked from its folder: it must not bring a second copy of the chain library.
  resolve: {
    preserveSymlinks: true,
    dedupe: ["@solana/kit"],
  },
  server: { fs: { allow: [".."] } },
  build: { target: "es2022", reportCompressedSize: false, assetsInlineLimit: 2048, chunkSizeWarningLimit: 900 },
});
