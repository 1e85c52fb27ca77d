import type { Page } from "@playwright/test";

/**
 * Registers a wallet as an extension would, by the wallet standard's own events: it knows nothing of this page. Its key is made in the
 * page with the browser's own Ed25519.
 */
export async function registerWallet(page: Page, name: string): Promise<void> {
  await page.addInitScript((walletName: string) => {
    const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    const base58 = (bytes: Uint8Array): string => {
      let value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
      let text = "";
      for (; value > 0n; value /= 58n) text = ALPHABET.charAt(Number(value % 58n)) + text;
      return "1".repeat(bytes.findIndex((byte) => byte !== 0)) + text;
    };
    const signs = "solana:signTransaction";
    const made = (async () => {
      const pair = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
      const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
      return { pair, account: { address: base58(publicKey), publicKey, chains: ["solana:mainnet"], features: [signs] } };
    })();
    const signTransaction = async ({ transaction }: { transaction: Uint8Array }): Promise<{ signedTransaction: Uint8Array }[]> => {
      const { pair } = await made;
      const count = transaction[0] ?? 0; // signatures: one, the wallet's own
      const message = transaction.slice(1 + count * 64);
      const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, message));
      const signed = transaction.slice();
      signed.set(signature, 1);
      return [{ signedTransaction: signed }];
    };
    const wallet = {
      version: "1.0.0",
      name: walletName,
      icon: "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=",
      chains: ["solana:mainnet"],
      accounts: [],
      features: {
        "standard:connect": { version: "1.0.0", connect: async () => ({ accounts: [(await made).account] }) },
        "standard:disconnect": { version: "1.0.0", disconnect: async () => undefined },
        "standard:events": { version: "1.0.0", on: () => () => undefined },
        [signs]: { version: "1.0.0", supportedTransactionVersions: ["legacy", 0], signTransaction },
      },
    };
    const register = ({ register: add }: { register: (one: typeof wallet) => void }): void => add(wallet);
    window.addEventListener("wallet-standard:app-ready", (event) => register((event as CustomEvent<{ register: (one: typeof wallet) => void }>).detail));
    window.dispatchEvent(new CustomEvent("wallet-standard:register-wallet", { detail: register }));
  }, name);
}
