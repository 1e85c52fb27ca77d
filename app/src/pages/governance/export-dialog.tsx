import { useId } from "react";

import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";

/** An unsigned transaction: its message in base58, the whole in base64. */
export interface Exported {
  readonly base58: string;
  readonly base64: string;
}

export function ExportDialog({ exported, close }: { exported: Exported; close: () => void }) {
  return (
    <Dialog open onOpenChange={(open) => !open && close()} title="Export for a multisig" text="Unsigned, with the authority as payer and signer. Give it to the multisig that holds the authority; compare what it shows with your draft before you approve.">
      <Text name="Message, base58" text={exported.base58} />
      <Text name="Transaction, base64" text={exported.base64} />
    </Dialog>
  );
}

function Text({ name, text }: { name: string; text: string }) {
  const id = useId();
  return (
    <div className="mb-3">
      <div className="mb-1 flex items-center justify-between">
        <label htmlFor={id} className="label">{name}</label>
        <Button small weight="quiet" onClick={() => void navigator.clipboard.writeText(text)}>Copy</Button>
      </div>
      <textarea id={id} readOnly rows={4} value={text} className="w-full resize-y rounded-ctl border border-rule-strong bg-well p-2 font-mono text-[12px] break-all" />
    </div>
  );
}
