/** All of the page’s looks: screen, dark and paper. No font, image or script is fetched. */
export const STYLE = `:root{--ink:#1b1f24;--soft:#57606a;--line:#d5dae0;--card:#f6f8fa;--paper:#fff;--good:#17683a;--good-bg:#e3f4e9;--bad:#a3202c;--bad-bg:#fdeaec;--idle:#57606a;--idle-bg:#eef1f4;--warn:#7d5700;--warn-bg:#fdf3d8;--bar:#2f6db5}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI","Liberation Sans","DejaVu Sans",sans-serif;color:var(--ink);background:var(--paper);margin:0 auto;max-width:70rem;padding:1.5rem 1.25rem 4rem}
h1{font-size:1.6rem;line-height:1.2;margin:0}h2{font-size:1.15rem;margin:2.25rem 0 .6rem}h3{font-size:1rem;margin:1.5rem 0 .4rem;color:var(--soft);font-weight:600}
p{margin:.35rem 0;max-width:48rem}a{color:inherit}code{font:.86em/1.45 ui-monospace,"Liberation Mono","DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.lead{color:var(--soft)}.banner{background:var(--warn-bg);color:var(--warn);border:1px solid;border-radius:6px;padding:.5rem .8rem;margin:1rem 0;max-width:none}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:1.25rem 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem}.tile b{display:block;font-size:1.7rem;line-height:1.15;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:.85rem}
.tile.good b{color:var(--good)}.tile.bad b{color:var(--bad)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));gap:1rem}
figure{margin:0;border:1px solid var(--line);border-radius:8px;padding:.8rem}figcaption{font-weight:600;font-size:.9rem}figure p{color:var(--soft);font-size:.82rem;margin:.1rem 0 .4rem}
svg{display:block;width:100%;height:auto}svg text{font-size:11px;fill:var(--soft)}svg .bar{fill:var(--bar)}svg .late{fill:var(--bad)}svg .axis{stroke:var(--line)}svg .count{fill:var(--ink);font-weight:600}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600}
.chip{display:inline-block;border-radius:999px;padding:.05rem .6rem;font-size:.8rem;white-space:nowrap}.holds,.satisfied{color:var(--good);background:var(--good-bg)}.fails,.not-satisfied{color:var(--bad);background:var(--bad-bg)}.unseen,.partly{color:var(--warn);background:var(--warn-bg)}.not-assessed{color:var(--idle);background:var(--idle-bg)}
.control{border-bottom:1px solid var(--line)}.control>summary,.head{display:grid;grid-template-columns:6.4rem minmax(0,1fr) 8rem 8.5rem;gap:.8rem;align-items:baseline;padding:.45rem .25rem}
.head{color:var(--soft);font-size:.85rem;font-weight:600;border-bottom:1px solid var(--line)}
.control>summary{cursor:pointer;list-style:none}.control>summary::-webkit-details-marker{display:none}.control>summary:hover{background:var(--card)}.control>summary:focus-visible{outline:2px solid var(--bar);outline-offset:-2px}
.control>summary b{white-space:nowrap}.control>summary b::before{content:"▸";display:inline-block;width:1em;color:var(--soft)}.control[open]>summary b::before{content:"▾"}
.inside{padding:.2rem .25rem 1rem 1.25rem;font-size:.92rem}.inside dl{display:grid;grid-template-columns:8rem minmax(0,1fr);gap:.15rem .8rem;margin:.4rem 0}.inside dt{color:var(--soft)}.inside dd{margin:0}
.map{display:grid;grid-template-columns:2.2rem minmax(0,1fr);gap:.35rem .8rem;align-items:baseline}.map b{color:var(--soft);font-weight:600}.map a{text-decoration:none;font-size:.8rem;margin:0 .25rem .25rem 0}
.why{color:var(--soft);font-size:.85rem}.sum{font-size:.75rem;color:var(--soft)}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#9aa4af;--line:#343b43;--card:#1b2027;--paper:#12161b;--good:#7fd6a0;--good-bg:#143322;--bad:#ff9aa5;--bad-bg:#43171d;--idle:#9aa4af;--idle-bg:#262c34;--warn:#f0cf7a;--warn-bg:#3a2e0c;--bar:#6aa6e8}}
@media (max-width:46rem){body{padding:1rem .8rem 3rem}th,td,dd,p{overflow-wrap:anywhere}table{font-size:.8rem}.head{display:none}.control>summary,.head{grid-template-columns:6.4rem minmax(0,1fr)}.inside dl{grid-template-columns:1fr}}
@media print{@page{size:A4;margin:14mm 12mm}:root{--ink:#000;--soft:#444;--line:#bbb;--card:#fff;--paper:#fff;--good:#17683a;--good-bg:#fff;--bad:#a3202c;--bad-bg:#fff;--idle:#444;--idle-bg:#fff;--warn:#7d5700;--warn-bg:#fff;--bar:#2f6db5}
body{font-size:9.5pt;max-width:none;padding:0}.chip{border:1px solid}figure,.tile,tr,summary,dl{break-inside:avoid-page}h2,h3{break-after:avoid}.charts{grid-template-columns:repeat(3,1fr)}.tiles{grid-template-columns:repeat(6,1fr)}
details::details-content{content-visibility:visible;block-size:auto;display:block}.control>summary b{white-space:nowrap}.control>summary b::before{content:none!important}.control>summary,.head{grid-template-columns:5rem minmax(0,1fr) 7.5rem 8rem;break-after:avoid}.inside{padding:0 0 .5rem .4rem;font-size:8.5pt}.inside p{margin:.1rem 0}.inside table{font-size:8.5pt}.prov{display:none}td,th{padding:.2rem .5rem .2rem 0}h2{margin-top:1.2rem}h3{margin-top:.9rem}}`;
