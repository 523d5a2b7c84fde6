import { hash } from 'node:crypto';
import type { SharedResult } from '@gradeflow/contracts';
import escapeHtml from 'escape-html';

const style =
  'body{font:16px/1.5 system-ui;margin:0 auto;max-width:45rem;padding:1rem;overflow-wrap:anywhere}header{border-bottom:2px solid}h1{font-size:1.4rem}' +
  'h2{font-size:1.1rem;margin:1.5rem 0 .25rem}blockquote{border-left:3px solid #999;margin:.5rem 0;padding-left:.75rem;white-space:pre-wrap}footer{color:#555;margin:2rem 0}';

/** Headers of the page: the one style named by its hash, nothing else may load, run, frame or be sent; no search engine keeps it. */
export const sharedPageHeaders = {
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'`,
  'X-Robots-Tag': 'noindex, nofollow',
};

/** The result as a page without script. Everything that came from people or sheets is escaped. */
export function sharedPage(result: SharedResult): string {
  const title = escapeHtml(result.title);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${style}</style></head><body><header><h1>${title}</h1><p><strong>${result.score} of ${result.maxScore}</strong></p></header>
${result.questions.map(questionOf).join('\n')}
<footer>Graded ${dayOf(result.gradedAt)}. This link works until ${dayOf(result.expiresAt)}.</footer></body></html>
`;
}

function questionOf({ number, score, maxScore, answerText, feedback }: SharedResult['questions'][number]): string {
  const answer = answerText === '' ? '<p>No answer.</p>' : `<blockquote dir="auto">${escapeHtml(answerText)}</blockquote>`;
  const comment = feedback === '' ? '' : `<p dir="auto">${escapeHtml(feedback)}</p>`;
  return `<section><h2>${escapeHtml(number)}: ${score} of ${maxScore}</h2>${answer}${comment}</section>`;
}

/** In UTC, as all times here are. */
function dayOf(time: string): string {
  return `<time datetime="${time}">${time.slice(0, 16).replace('T', ' ')} UTC</time>`;
}
