import type { ButtonHTMLAttributes } from "react";

type Weight = "main" | "plain" | "quiet" | "danger";

const WEIGHTS: Readonly<Record<Weight, string>> = {
  main: "bg-accent text-accent-ink font-semibold hover:bg-accent-strong disabled:bg-raised disabled:text-faint disabled:ring-1 disabled:ring-inset disabled:ring-rule",
  plain: "ring-1 ring-inset ring-rule-strong text-ink hover:bg-raised disabled:text-faint disabled:ring-rule",
  quiet: "text-soft hover:text-ink hover:bg-raised disabled:text-faint",
  danger: "ring-1 ring-inset ring-danger text-danger font-semibold hover:bg-danger-wash disabled:text-faint disabled:ring-rule",
};

/** A button; `small` for rows of tables. */
export function Button({ weight = "plain", small = false, className = "", ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { weight?: Weight; small?: boolean }) {
  const size = small ? "h-7 px-2.5 text-[12.5px]" : "h-9 px-3.5 text-[13.5px]";
  return (
    <button
      type="button"
      {...rest}
      className={`inline-flex items-center justify-center gap-1.5 rounded-ctl whitespace-nowrap transition-colors disabled:cursor-not-allowed ${size} ${WEIGHTS[weight]} ${className}`}
    />
  );
}
