/** Three aliases of one customer: assets/icon.svg with fewer strokes. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><rect width="512" height="512" rx="112" fill="#17324d"/><path d="M206 136c64 0 62 90 112 106M206 256h94M206 376c64 0 62-90 112-106" fill="none" stroke="#7fd1c7" stroke-width="18"/><path d="M98 136h76M98 256h76M98 376h76" stroke="#f3c969" stroke-width="64" stroke-linecap="round"/><circle cx="380" cy="256" r="84" fill="#fff"/><path d="M330 304a50 40 0 0 1 100 0q0 6-6 6h-88q-6 0-6-6zM380 205a27 27 0 1 1 0 54a27 27 0 1 1 0-54" fill="#17324d"/></svg>';

export const ICON_URL = `data:image/svg+xml;base64,${btoa(ICON)}`;

/** The page's policy lists the hashes of style and script, so neither may vary. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#faf8f4;--fg:#17222e;--soft:#56626f;--line:#e2ddd3;--box:#fff;
--code:#f3efe7;--mark:#0d6a61;--on:#fff}
@media(prefers-color-scheme:dark){
:root{--bg:#0e1720;--fg:#e8edf2;--soft:#a3b0bd;--line:#263442;--box:#14202c;--code:#0a1219;--mark:#7fd1c7;--on:#0b1b26}}
*{box-sizing:border-box}
body{max-width:48rem;margin:auto;padding:3rem 1.25rem;
background:var(--bg);color:var(--fg);font:1.0625rem/1.6 system-ui,sans-serif}
img{border-radius:22%}
h1,h2,h3{line-height:1.2}
h1{font-size:clamp(2rem,6vw,2.75rem)}
h2{margin-top:3.5rem}
h3{margin:.35rem 0 .6rem;font-size:1.0625rem}
.lead,.ask{font-size:1.25rem}
a{color:var(--mark)}
:focus-visible{outline:3px solid var(--mark);outline-offset:2px}
code,pre{font:.875rem/1.55 ui-monospace,Menlo,Consolas,monospace}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
figure{margin:2.5rem 0;background:var(--box);border:1px solid var(--line);border-radius:1rem;
padding:.5rem 1.5rem 1.5rem}
dd{margin:.25rem 0 1.25rem}
footer{margin-top:3rem}
dt,figcaption,footer,.host p{font-size:.9375rem;color:var(--soft)}
.copy{display:flex;flex-flow:column;gap:.5rem 1rem;align-items:end;
background:var(--code);border:1px solid var(--line);border-radius:.75rem;padding:.75rem 1rem}
.copy pre{flex:1;align-self:stretch;overflow:hidden;padding:.3rem 0}
button,.go{font:600 .9375rem/1.4 system-ui,sans-serif;border-radius:.6rem;padding:.35rem 1rem}
button{min-width:6rem;color:var(--fg);background:var(--box);border:1px solid var(--line)}
.go{display:inline-block;color:var(--on);background:var(--mark);text-decoration:none}
.host{border-top:1px solid var(--line);padding:1.25rem 0}
.host p{margin:.6rem 0 0}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media(min-width:42rem){.copy{flex-flow:row;align-items:start}
.host{display:grid;grid-template-columns:9.5rem minmax(0,1fr);gap:1.5rem}}
`;

/** Shows the copy buttons, which need script. If copying is not allowed, they select the text. */
export const SCRIPT = `
const said=document.getElementById('said');
for(const button of document.querySelectorAll('button')){
const label=button.firstChild,code=button.previousElementSibling;
button.hidden=false;
button.addEventListener('click',async()=>{
let done='Copied';
try{await navigator.clipboard.writeText(code.textContent)}catch{getSelection().selectAllChildren(code);done='Selected'}
label.data=done;said.textContent=done;
setTimeout(()=>{label.data='Copy';said.textContent=''},2000);
});
}
`;
