/** Policy of pages that we write ourselves: no script at all, only our own form and the style in the page. */
export const loginPagePolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const style =
  'body{font:16px system-ui;margin:15vh auto;max-width:20rem;padding:0 1rem}label{display:block;margin:1rem 0}' +
  'input{box-sizing:border-box;display:block;font:inherit;padding:.5rem;width:100%}button{font:inherit;padding:.5rem 1rem}[role=alert]{color:#a40000}';

/** The form that sets the read cookie. `problem` is one of our own sentences. */
export function loginPage(problem: string | null): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Gradeflow: operators</title>
<style>${style}</style></head><body><h1>Operators</h1>
${problem === null ? '' : `<p role="alert">${problem}</p>`}
<form method="post" action="/admin/login">
<label>Address <input name="email" type="email" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button></form></body></html>
`;
}
