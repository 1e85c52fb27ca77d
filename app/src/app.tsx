import { lazy, Suspense, useEffect } from "react";

import { BooksProvider, ChainProvider, useBooks, useChain } from "./chain/chain-context.tsx";
import { Bar, PhoneBar } from "./shell/bar.tsx";
import { StaleBanner } from "./shell/live-state.tsx";
import { PAGES, useRoute, type Page } from "./shell/routes.ts";
import { Tape } from "./shell/tape.tsx";
import { NotThere, Waiting } from "./shell/waiting.tsx";
import { ValuationProvider } from "./valuation/context.tsx";
import { ToastProvider } from "./ui/toasts.tsx";
import { WalletProvider } from "./wallet/wallet-context.tsx";

const VIEWS: Readonly<Record<Page, ReturnType<typeof lazy>>> = {
  trade: lazy(() => import("./pages/trade/trade-page.tsx")),
  account: lazy(() => import("./pages/account/account-page.tsx")),
  risk: lazy(() => import("./pages/risk/risk-page.tsx")),
  insurance: lazy(() => import("./pages/insurance/insurance-page.tsx")),
  governance: lazy(() => import("./pages/governance/governance-page.tsx")),
};

export function App() {
  return (
    <ToastProvider>
      <ChainProvider waiting={<Waiting />}>
        {(chain) => (
          <WalletProvider isLocal={chain.local !== null} network={chain.network}>
            <ValuationProvider>
              <BooksProvider>
                <Sheet />
              </BooksProvider>
            </ValuationProvider>
          </WalletProvider>
        )}
      </ChainProvider>
    </ToastProvider>
  );
}

function Sheet() {
  const { page } = useRoute();
  const { endpoints } = useChain();
  const books = useBooks();
  const View = VIEWS[page];
  const title = PAGES.find(([name]) => name === page)?.[1] ?? "";
  useEffect(() => {
    document.title = `${title} · Firebreak`;
  }, [title]);
  return (
    <>
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-accent focus:p-2 focus:text-accent-ink">Skip to the page</a>
      <Bar />
      <StaleBanner rpc={endpoints.rpc} />
      <Tape />
      <main id="main" tabIndex={-1} className="mx-auto max-w-[1680px] p-3 outline-none md:p-5">
        <h1 className="sr-only">{title}</h1>
        {books === null ? <NotThere /> : <Suspense fallback={<Waiting />}><View /></Suspense>}
      </main>
      <footer className="mx-auto max-w-[1680px] px-4 pb-20 text-[12px] text-faint md:px-5 md:pb-6">
        Figures are worked out in this browser by the program’s own code. Price charts: <a className="underline underline-offset-2" href="https://www.tradingview.com/" target="_blank" rel="noreferrer">TradingView Lightweight Charts</a>.
      </footer>
      <PhoneBar />
    </>
  );
}
