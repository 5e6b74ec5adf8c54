// The colours are those of the kernel's own pictures; a test holds them equal.

const LIGHT =
  '--fl-bg:#fff;--fl-fg:#1b1b1b;--fl-mut:#595959;--fl-grid:#dcdcdc;--fl-run:#0072b2;' +
  '--fl-lock:#d55e00;--fl-chan:#b87a00;--fl-join:#b4558a;--fl-sig:#008560;--fl-sleep:#9a9a9a;' +
  '--fl-hold:#6b6b6b;--fl-l0:#c24e00;--fl-l1:#7b3fc4;--fl-l2:#00747f;--fl-l3:#8a5a1f;' +
  '--fl-l4:#4f6b00;--fl-bad:#c22f2f';
const DARK =
  '--fl-bg:var(--jp-layout-color0,var(--vscode-editor-background,#111));--fl-fg:' +
  'var(--jp-content-font-color0,var(--vscode-editor-foreground,#fff));' +
  '--fl-mut:#b4b4b4;--fl-grid:#454545;--fl-run:#4aa3dc;--fl-lock:#f0813a;--fl-chan:#e69f00;' +
  '--fl-join:#d98bb6;--fl-sig:#2fbf96;--fl-sleep:#8c8c8c;--fl-hold:#a0a0a0;--fl-l0:#ff9255;' +
  '--fl-l1:#b996f2;--fl-l2:#46c3cf;--fl-l3:#d3a777;--fl-l4:#a8c84c;--fl-bad:#ff7b72';

// Where JupyterLab's or VS Code's theme is a dark one.
const IN_THE_DARK =
  ':is(body[data-jp-theme-light="false"],.vscode-dark,' +
  '.vscode-high-contrast:not(.vscode-high-contrast-light))';

export const STYLE = `
.fearless-take{${LIGHT};font:12px/1.4 var(--jp-content-font-family,system-ui,sans-serif);
  color:var(--fl-fg);padding:4px 8px 0;max-width:1100px}
${IN_THE_DARK} .fearless-take{${DARK}}
.fearless-take button{font:inherit;color:inherit;background:none;border:1px solid var(--fl-grid);
  border-radius:3px;padding:0 7px;margin-right:4px;cursor:pointer;min-height:24px}
.fearless-take button:hover{border-color:var(--fl-mut)}
.fearless-take :focus-visible{outline:2px solid var(--fl-run);outline-offset:1px}
.fearless-take .bar{display:flex;flex-wrap:wrap;align-items:center;gap:2px 6px}
.fearless-take .hint,.fearless-take .said{color:var(--fl-mut)}
.fearless-take .said{min-height:1.4em}
.fearless-take input[type=range]{width:220px;accent-color:var(--fl-run)}
.fearless-take svg{display:block;width:100%;cursor:grab;touch-action:pan-y;user-select:none;
  font-size:11px}
.fearless-take svg.held{cursor:grabbing}
.fearless-take svg text{fill:var(--fl-fg)}
.fearless-take svg .muted{fill:var(--fl-mut)}
.fearless-take svg .label{font-weight:600}
.fearless-take svg .over{font-size:10.3px;pointer-events:none}
.fearless-take svg .ground{fill:var(--fl-bg);pointer-events:none}
.fearless-take svg .inside{font-size:10.3px;font-weight:600;fill:var(--fl-bg);pointer-events:none}
.fearless-take .grid{stroke:var(--fl-grid)}
.fearless-take .end{stroke:var(--fl-bad);stroke-dasharray:4 3}
.fearless-take .now{stroke:var(--fl-fg);stroke-width:1.4}
.fearless-take .arrow{stroke:var(--fl-mut);stroke-width:1.2}
.fearless-take .head{fill:var(--fl-mut)}
.fearless-take svg .wrong{fill:var(--fl-bad)}
.fearless-take svg .sign{font-size:14px;font-weight:700;pointer-events:none}
.fearless-take .can{cursor:pointer}
.fearless-take .can:hover{filter:brightness(1.15)}
.fearless-take .marked{stroke:var(--fl-fg);stroke-width:2}
.fearless-take .starting{fill:var(--fl-sleep)}
.fearless-line{cursor:pointer}
.fearless-report td.fearless-marked{outline:1.5px solid currentColor;outline-offset:-1px}
.fearless-report svg .fearless-marked{stroke:currentColor;stroke-width:2}
.fearless-summary{font:13px/1.4 var(--vscode-font-family,system-ui,sans-serif);padding:0 8px}
.fearless-summary p{margin:4px 0;max-width:70em}
.fearless-summary table{border-collapse:collapse;margin:8px 0}
.fearless-summary th,.fearless-summary td{padding:2px 12px 2px 0;text-align:left}
.fearless-summary tr{border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}
`;
