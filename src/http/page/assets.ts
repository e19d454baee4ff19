/** What stands inline in the page; the policy names it by its hash, so none of it may depend on a configuration. */

/** Three aliases that lead to one customer: the drawing of assets/icon.svg, with fewer strokes. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><rect width="512" height="512" rx="112" fill="#17324d"/><path d="M206 136c64 0 62 90 112 106M206 256h94M206 376c64 0 62-90 112-106" fill="none" stroke="#7fd1c7" stroke-width="18"/><path d="M98 136h76M98 256h76M98 376h76" stroke="#f3c969" stroke-width="64" stroke-linecap="round"/><circle cx="380" cy="256" r="84" fill="#fff"/><path d="M330 304a50 40 0 0 1 100 0q0 6-6 6h-88q-6 0-6-6zM380 205a27 27 0 1 1 0 54a27 27 0 1 1 0-54" fill="#17324d"/></svg>';

export const ICON_URL = `data:image/svg+xml;base64,${btoa(ICON)}`;

export const STYLE = `
:root{color-scheme:light dark;--bg:#faf8f4;--fg:#17222e;--soft:#56626f;--line:#e2ddd3;--box:#fff;--code:#f3efe7;--ink:#17324d;--on:#fff;--mark:#0d6a61;--warm:#8a5a00}
@media(prefers-color-scheme:dark){:root{--bg:#0e1720;--fg:#e8edf2;--soft:#a3b0bd;--line:#263442;--box:#14202c;--code:#0a1219;--ink:#7fd1c7;--on:#0b1b26;--mark:#7fd1c7;--warm:#f3c969}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:1.0625rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;-webkit-text-size-adjust:100%}
header,main,footer{max-width:48rem;margin:auto;padding:0 1.25rem}
header{padding-top:4rem}
header img{display:block;border-radius:22%}
h1,h2,h3{line-height:1.2;text-wrap:balance;margin:0}
h1{font-size:clamp(2rem,6vw,2.75rem);letter-spacing:-.025em;margin:1.5rem 0 .75rem}
h2{font-size:1.375rem;letter-spacing:-.01em;margin:3.5rem 0 1rem}
h3{font-size:1.0625rem;padding:.35rem 0 .6rem}
p{margin:0 0 1rem;text-wrap:pretty}
.lead{font-size:1.25rem;color:var(--soft);max-width:38rem}
a{color:var(--mark);text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--mark);outline-offset:2px;border-radius:.4rem}
code,pre{font:.875rem/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
dl,figure{margin:0}
figure{margin-top:2.5rem;background:var(--box);border:1px solid var(--line);border-radius:1rem;padding:1.5rem}
dt,figcaption{font-size:.875rem;color:var(--soft)}
dd{margin:.25rem 0 1.25rem}
.ask{font-size:1.25rem}
figcaption{border-top:1px solid var(--line);padding-top:1rem}
b{color:var(--mark);font-weight:600}
.warm b{color:var(--warm);font-weight:400}
ul{margin:1.5rem 0 0;padding-left:1.1rem}
.copy{display:flex;flex-flow:column;gap:.5rem;align-items:flex-end;justify-content:space-between;background:var(--code);border:1px solid var(--line);border-radius:.75rem;padding:.75rem .75rem .75rem 1rem}
.copy pre{padding:.3rem 0;min-width:0;flex:1;align-self:stretch}
button,.go{font:600 .9375rem/1.4 system-ui,sans-serif;border-radius:.6rem;cursor:pointer;white-space:nowrap}
button{flex:none;padding:.35rem .8rem;min-width:5rem;color:var(--fg);background:var(--box);border:1px solid var(--line)}
button:hover{border-color:var(--soft)}
.go{display:inline-block;padding:.55rem 1.1rem;color:var(--on);background:var(--ink);text-decoration:none}
.go:hover{opacity:.88}
.host{border-top:1px solid var(--line);padding:1.25rem 0}
.host p{margin:.6rem 0 0;font-size:.9375rem;color:var(--soft)}
.host p:first-child{margin-top:.35rem}
footer{margin-top:3rem;padding-bottom:4rem;font-size:.875rem;color:var(--soft)}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
[hidden]{display:none}
@media(min-width:42rem){.copy{flex-flow:row;align-items:flex-start;gap:1rem}.host{display:grid;grid-template-columns:9.5rem 1fr;gap:0 1.5rem}.host>div{min-width:0}}
`;

/** Shows the buttons, which do nothing without it. Where copying is not allowed it selects the text instead. */
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
