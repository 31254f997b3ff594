/** The colours, light and dark: of the page, and of a chart that stands in a file of its own. */
export const PALETTE = `
:root {
  --ink: #1b2430; --muted: #5b6776; --line: #d9dfe6; --page: #ffffff; --panel: #f5f7f9; --accent: #1f5fa8;
  --good: #17693f; --bad: #a8321f;
  --series-1: #1f5fa8; --series-2: #c2620c; --series-3: #2b7f5c; --series-4: #8a4fa3;
  --series-5: #b03060; --series-6: #6b7280; --series-7: #8a7a12; --series-8: #197b8c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6ebf1; --muted: #9fabb9; --line: #333d49; --page: #12171d; --panel: #1a2129; --accent: #7db4ef;
    --good: #6fcf9b; --bad: #f08f7c;
    --series-1: #7db4ef; --series-2: #f0a35c; --series-3: #6fcf9b; --series-4: #c79be0;
    --series-5: #ee8fb2; --series-6: #aab4c0; --series-7: #d6c45a; --series-8: #66c6d6;
  }
}
`;

/** The report's one style sheet: light, dark and print, no font or picture from elsewhere. */
export const PAGE_STYLE = `${PALETTE}* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body {
  margin: 0 auto; padding: 0 1.5rem 4rem; max-width: 76rem; background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif;
}
header { padding: 2.5rem 0 1.25rem; border-bottom: 1px solid var(--line); }
h1 { margin: 0 0 .5rem; font-size: 2rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 3rem 0 .75rem; font-size: 1.4rem; line-height: 1.25; }
h3 { margin: 2rem 0 .5rem; font-size: 1.1rem; overflow-wrap: anywhere; }
h4 { margin: 0 0 .35rem; font-size: .95rem; }
p { margin: 0 0 .9rem; max-width: 48rem; overflow-wrap: anywhere; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.kicker { margin: 0 0 .25rem; color: var(--muted); font-size: .85rem; text-transform: uppercase; letter-spacing: .08em; }
.verdict { white-space: nowrap; }
.verdicts { max-width: 60rem; }
.verdicts li { margin: 0 0 .6rem; }
.lead { font-size: 1.1rem; }
.warning { padding: .5rem .8rem; border-left: 4px solid var(--series-2); background: var(--panel); max-width: 48rem; }
.note, .muted { color: var(--muted); }
.note { font-size: .9rem; }
dl { margin: 0 0 .9rem; max-width: 48rem; }
dt { float: left; clear: left; font-weight: 600; padding-right: .5rem; }
dd { margin: 0; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1rem 0 0; padding: 0; list-style: none; font-size: .95rem; }
.scroll { overflow-x: auto; margin: 1rem 0 1.5rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 .4rem; white-space: nowrap; }
th, td { padding: .38rem .9rem .38rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); }
thead th { color: var(--muted); font-weight: 600; font-size: .82rem; vertical-align: bottom; border-bottom: 2px solid var(--line); }
tbody th { font-weight: 600; padding-right: 1.25rem; overflow-wrap: anywhere; min-width: 7rem; max-width: 22rem; }
td { overflow-wrap: anywhere; max-width: 26rem; }
td small { color: var(--muted); font-size: .82em; white-space: nowrap; }
.dense td small { display: block; }
.trivial { font-weight: 400; color: var(--muted); }
.better { color: var(--good); font-weight: 600; }
.worse { color: var(--bad); font-weight: 600; }
.better small, .worse small { font-weight: 400; }
.charts { display: flex; flex-wrap: wrap; gap: 1.25rem 2rem; align-items: flex-start; margin: 1rem 0 1.5rem; }
.charts svg { max-width: 100%; height: auto; font-family: inherit; }
details { margin: .5rem 0 1.5rem; }
summary { cursor: pointer; color: var(--accent); }
pre, blockquote {
  margin: 0; padding: .7rem .9rem; background: var(--panel); border-radius: 6px; font-size: .85rem;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
pre, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
code { font-size: .88em; overflow-wrap: anywhere; }
.reading {
  display: grid; grid-template-columns: 16rem minmax(0, 1fr); gap: 1.5rem; padding: 1.5rem 0; border-top: 1px solid var(--line);
}
.reading h3 { margin-top: 0; }
.picture img { display: block; width: 100%; border-radius: 4px; background: #000; }
.answer { margin: 1rem 0 0; }
.labels, .reward { display: flex; flex-wrap: wrap; gap: .35rem; margin: 0 0 .5rem; padding: 0; list-style: none; font-size: .85rem; }
.labels li { padding: .05rem .55rem; border: 1px solid currentColor; border-radius: 999px; }
.hit { color: var(--good); }
.alarm { color: var(--bad); }
.miss { color: var(--muted); border-style: dashed; }
.reward { color: var(--muted); gap: .35rem 1rem; }
@media (max-width: 46rem) { .reading { grid-template-columns: 1fr; } .picture { max-width: 16rem; } }
@media print {
  :root {
    --ink: #000; --muted: #444; --line: #bbb; --page: #fff; --panel: #f4f4f4; --accent: #000; --good: #0b4d2b; --bad: #7d1f10;
    --series-1: #1f5fa8; --series-2: #c2620c; --series-3: #2b7f5c; --series-4: #8a4fa3;
  }
  html { font-size: 10px; }
  body { max-width: none; padding: 0; }
  p, dl { max-width: none; }
  nav { display: none; }
  th, td { padding-right: .6rem; }
  td small { display: block; }
  .charts { gap: 1rem 2%; }
  .charts svg { width: 49%; }
  .charts.wide svg { width: 100%; }
  .reading { grid-template-columns: 14rem minmax(0, 1fr); }
  .scroll { overflow: visible; }
  details::details-content { content-visibility: visible; block-size: auto; }
  h2, h3, caption { break-after: avoid; }
  tr, .reading, .charts svg { break-inside: avoid; }
}
`;
