import { useChain } from "../chain/chain-context.tsx";
import { Badge } from "../ui/badge.tsx";
import { LiveState } from "./live-state.tsx";
import { Mark } from "./mark.tsx";
import { PAGES, useRoute } from "./routes.ts";
import { Settings } from "./settings.tsx";
import { ThemeButton } from "./theme-button.tsx";
import { WalletButton } from "./wallet-button.tsx";

/** The bar at the top; on a phone the pages are at the bottom, under the thumb. */
export function Bar() {
  const { local } = useChain();
  return (
    <header className="sticky top-0 z-30 border-b border-rule bg-ground">
      <div className="mx-auto flex h-13 max-w-[1680px] items-center gap-3 px-3 md:px-5">
        <a href="#/trade" className="flex items-center gap-2.5 text-ink">
          <Mark />
          <span className="text-[16px] font-semibold tracking-[-0.01em] [font-stretch:92%] max-[400px]:sr-only">Firebreak</span>
        </a>
        <Pages className="ml-4 hidden h-full md:flex" />
        <div className="ml-auto flex items-center gap-1.5 md:gap-2.5">
          {local !== null && <span className="hidden lg:block"><Badge tone="caution">Local network</Badge></span>}
          <LiveState />
          <span className="flex max-[400px]:hidden"><ThemeButton /></span>
          <Settings />
          <WalletButton />
        </div>
      </div>
    </header>
  );
}

export function PhoneBar() {
  return (
    <div className="fixed inset-x-0 bottom-0 z-30 border-t border-rule bg-ground md:hidden">
      <Pages className="flex h-13" />
    </div>
  );
}

function Pages({ className }: { className: string }) {
  const { page } = useRoute();
  return (
    <nav aria-label="Pages" className={className}>
      {PAGES.map(([name, title]) => (
        <a
          key={name}
          href={`#/${name}`}
          aria-current={page === name ? "page" : undefined}
          className="relative flex flex-1 items-center justify-center px-1 text-[12.5px] text-soft hover:text-ink aria-[current=page]:font-semibold aria-[current=page]:text-ink aria-[current=page]:after:absolute aria-[current=page]:after:inset-x-1 aria-[current=page]:after:-bottom-px aria-[current=page]:after:h-0.5 aria-[current=page]:after:bg-accent max-md:aria-[current=page]:after:-top-px max-md:aria-[current=page]:after:bottom-auto md:px-3 md:text-[13.5px]"
        >
          {title}
        </a>
      ))}
    </nav>
  );
}
