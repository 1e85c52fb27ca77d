import { useState } from "react";

import { useChain } from "../chain/chain-context.tsx";
import { changeEndpoints, webSocketOf } from "../chain/endpoints.ts";
import { useTheme } from "../theme/use-theme.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";

/** Which node and which clearinghouse the page talks to. */
export function Settings() {
  const { endpoints } = useChain();
  const { theme, toggle } = useTheme();
  const [isOpen, setOpen] = useState(false);
  const [rpc, setRpc] = useState(endpoints.rpc);
  const [ws, setWs] = useState(endpoints.ws);
  const [id, setId] = useState(endpoints.clearinghouseId.toString());
  const problem = /^https?:\/\/.+/.test(rpc) ? null : "An address begins with http:// or https://";
  return (
    <>
      <Button weight="quiet" small aria-label="Settings" onClick={() => setOpen(true)}>
        <svg aria-hidden="true" width="15" height="15" viewBox="0 0 15 15" fill="none" stroke="currentColor" strokeWidth="1.3">
          <path d="M1 4h8M12 4h2M1 11h2M6 11h8" /><circle cx="10.5" cy="4" r="1.6" /><circle cx="4.5" cy="11" r="1.6" />
        </svg>
      </Button>
      <Dialog open={isOpen} onOpenChange={setOpen} title="Settings" text="The page has no server of its own: it reads from and sends to this node alone.">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (problem === null) changeEndpoints({ rpc, ws, clearinghouseId: id });
          }}
        >
          <Field name="RPC address" value={rpc} problem={problem} onChange={(event) => {
            setRpc(event.target.value);
            if (URL.canParse(event.target.value)) setWs(webSocketOf(event.target.value));
          }} />
          <Field name="WebSocket address" value={ws} onChange={(event) => setWs(event.target.value)} />
          <Field name="Clearinghouse" inputMode="numeric" note="The number it was created with; 1 on the local network." value={id} onChange={(event) => setId(event.target.value.replace(/\D/g, ""))} />
          <Button className="w-full sm:hidden" onClick={toggle}>{theme === "dark" ? "Use light colours" : "Use dark colours"}</Button>
          <Button weight="main" type="submit" className="mt-2 w-full" disabled={problem !== null}>Connect</Button>
        </form>
      </Dialog>
    </>
  );
}
