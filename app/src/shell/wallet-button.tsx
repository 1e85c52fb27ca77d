import { useState } from "react";

import { useChain } from "../chain/chain-context.tsx";
import { short } from "../format/keys.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { useWallet } from "../wallet/wallet-context.tsx";
import { BurnerKey } from "./burner-key.tsx";

/** Connect, or who is connected. */
export function WalletButton() {
  const { wallet } = useWallet();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button weight={wallet === null ? "main" : "plain"} className="h-8 max-sm:px-2.5" onClick={() => setOpen(true)}>
        {wallet === null ? "Connect wallet" : (
          <>
            {wallet.isBurner && <span className="rounded-[2px] bg-caution-wash px-1 text-[11px] font-semibold text-caution">BURNER</span>}
            <span className="font-mono text-[12.5px]">{short(wallet.address)}</span>
          </>
        )}
      </Button>
      <Dialog open={isOpen} onOpenChange={setOpen} title={wallet === null ? "Connect a wallet" : "Wallet"}>
        {wallet === null ? <Choices done={() => setOpen(false)} /> : <Connected done={() => setOpen(false)} />}
      </Dialog>
    </>
  );
}

function Choices({ done }: { done: () => void }) {
  const { choices, connectBurner, connectWallet } = useWallet();
  const { local } = useChain();
  const [problem, setProblem] = useState<string | null>(null);
  const attempt = (connect: () => Promise<void>): void => {
    setProblem(null);
    connect().then(done, (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  };
  return (
    <div className="flex flex-col gap-2">
      {choices.map((choice) => (
        <Button key={choice.name} className="h-11 justify-start" onClick={() => attempt(() => connectWallet(choice))}>
          <img src={choice.icon} alt="" width={20} height={20} />
          {choice.name}
        </Button>
      ))}
      {choices.length === 0 && (
        <p className="text-[13px] text-soft">This browser has no wallet that follows the wallet standard. Install one and open the page again.</p>
      )}
      {local !== null && (
        <section className="mt-2 border border-caution p-3">
          <div className="mb-2 flex items-center gap-2"><Badge tone="caution">Local network only</Badge></div>
          <p className="mb-3 text-[13px] text-soft">A burner wallet: a key that this page keeps in the browser, unprotected. It is for trying things out with worthless tokens.</p>
          <Button className="w-full" onClick={() => attempt(connectBurner)}>Use the burner wallet</Button>
          <BurnerKey />
        </section>
      )}
      {problem !== null && <p role="alert" className="text-[13px] text-danger">{problem}</p>}
    </div>
  );
}

function Connected({ done }: { done: () => void }) {
  const { wallet, disconnect } = useWallet();
  if (wallet === null) return null;
  return (
    <div className="flex flex-col gap-3 text-[13px]">
      <p className="text-soft">{wallet.name}</p>
      <p className="font-mono text-[12.5px] break-all">{wallet.address}</p>
      {wallet.isBurner && <BurnerKey />}
      <div className="flex gap-2">
        <Button className="flex-1" onClick={() => void navigator.clipboard.writeText(wallet.address)}>Copy address</Button>
        <Button className="flex-1" onClick={() => void disconnect().then(done)}>Disconnect</Button>
      </div>
    </div>
  );
}
