"""The style sheet of the HTML report, for narrow and wide windows, light and dark."""

STYLE = """\
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1f2328; --quiet: #57606a; --line: #d8dee4; --soft: #f4f6f8;
  --accent: #0072b2; --good: #00704f; --warn: #9a4a00; --dimmed: none;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --ink: #e4e7ea; --quiet: #a3acb5; --line: #343b43; --soft: #1e2329;
    --accent: #6cb8ea; --good: #4fd1a5; --warn: #f0a05a; --dimmed: brightness(0.88);
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 80rem; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem;
  background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
h1 { margin: 0; font-size: clamp(1.5rem, 1.1rem + 2vw, 2.25rem); line-height: 1.2; text-wrap: balance; }
h2 { margin: 3rem 0 1rem; padding-bottom: 0.3rem; border-bottom: 1px solid var(--line); font-size: 1.4rem; }
h3 { margin: 1.75rem 0 0.5rem; font-size: 1.05rem; }
p { margin: 0.5rem 0; max-width: 46rem; }
header p { color: var(--quiet); }
a { color: var(--accent); }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-top: 1rem; }
nav a { padding: 0.25rem 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.good { color: var(--good); font-weight: 600; }
.warn { color: var(--warn); font-weight: 600; }
dl { margin: 0.5rem 0; }
dd { margin: 0; }
dt, small { color: var(--quiet); }
.prominent { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 10rem), 1fr)); gap: 0.75rem; }
.prominent > div {
  padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--soft);
}
.prominent dt { font-size: 0.9rem; }
.prominent dd { font-size: 1.5rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
.prominent dd span { font-size: 0.9rem; white-space: nowrap; }
.prominent small { display: block; font-size: 0.85rem; font-weight: 400; }
.facts > div { display: grid; grid-template-columns: 14rem minmax(0, 1fr); gap: 1rem; padding: 0.3rem 0; }
.facts > div + div { border-top: 1px solid var(--line); }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
th, td { max-width: 20rem; padding: 0.35rem 1.5rem 0.35rem 0; border-bottom: 1px solid var(--line); text-align: left; }
thead th { border-bottom: 2px solid var(--quiet); font-size: 0.9rem; color: var(--quiet); vertical-align: bottom; }
tbody th { position: sticky; left: 0; background: var(--paper); font-weight: 600; }
th.number, td.number { text-align: right; }
td.number { white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
.tables { display: flex; flex-wrap: wrap; gap: 0 4rem; }
.tables > div { max-width: 100%; }
.tables + p { margin-top: 1rem; }
figure { margin: 1.5rem 0 2.5rem; }
figcaption h3 { margin: 0; }
figcaption p { margin: 0.25rem 0 0.75rem; color: var(--quiet); }
.paper { border: 1px solid var(--line); border-radius: 0.5rem; background: #ffffff; filter: var(--dimmed); }
.paper img { display: block; width: 100%; height: auto; margin: 0 auto; }
@media (max-width: 30rem) {
  .facts > div { grid-template-columns: 8.5rem minmax(0, 1fr); }
  .prominent { grid-template-columns: 1fr 1fr; }
  .prominent dd { font-size: 1.25rem; }
  table, .facts { font-size: 0.875rem; }
  th, td { max-width: 10rem; padding-right: 0.6rem; }
  thead th { font-size: 0.8rem; }
}
@media (min-width: 64rem) {
  figure { display: grid; grid-template-columns: 16rem minmax(0, 1fr); gap: 2rem; align-items: start; }
}
@media print { .scroll { overflow: visible; } figure { break-inside: avoid; } }
"""
