/** Two stands and the strip between them that a fire does not cross. */
export function Mark({ size = 20 }: { size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 20 20">
      <path fill="currentColor" d="M1 1h8.2L3.6 19H1z" />
      <path fill="var(--accent)" d="M13.4 1H19v18H7.8z" />
    </svg>
  );
}
