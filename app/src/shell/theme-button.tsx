import { useTheme } from "../theme/use-theme.ts";
import { Button } from "../ui/button.tsx";

export function ThemeButton() {
  const { theme, toggle } = useTheme();
  return (
    <Button weight="quiet" small aria-label={theme === "dark" ? "Use light colours" : "Use dark colours"} onClick={toggle}>
      <svg aria-hidden="true" width="15" height="15" viewBox="0 0 15 15" fill="none" stroke="currentColor" strokeWidth="1.3">
        <circle cx="7.5" cy="7.5" r="5.8" /><path fill="currentColor" d="M7.5 1.7a5.8 5.8 0 0 1 0 11.6z" />
      </svg>
    </Button>
  );
}
