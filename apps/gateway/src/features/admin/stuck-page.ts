import type { OperationsView, RetryOutcome, StuckItem, StuckList } from '@gradeflow/contracts';
import { adminPage, type Html, html, timeOf } from './admin-page.ts';

const nothing = html``;

/** What stands still, with a form to try it again; `outcomes` of what was tried just now. */
export function stuckPage(list: StuckList, overview: OperationsView, outcomes: readonly RetryOutcome[] = []): string {
  const unknown = list.unknown.map(
    (part) => html`<p role="alert">The ${part} does not answer: this list may lack what only it knows, and causes may be coarse.</p>`,
  );
  return adminPage(
    'What stands still',
    html`${outcomes.length === 0 ? nothing : outcomesOf(outcomes)}
${unknown}
${overviewOf(overview)}
${list.items.length === 0 ? html`<p>Nothing${list.nextCursor === null ? '' : ' on this page'}.</p>` : formOf(list.items)}
${list.nextCursor === null ? nothing : html`<p><a href="/admin/stuck?cursor=${encodeURIComponent(list.nextCursor)}">Next page</a></p>`}`,
  );
}

function outcomesOf(outcomes: readonly RetryOutcome[]): Html {
  const rows = outcomes.map(({ id, outcome, detail }) => html`<li><code>${id}</code> ${outcome}: ${detail}</li>`);
  return html`<div role="status"><p>Tried again:</p><ul>${rows}</ul></div>`;
}

function overviewOf({ status, dependencies, queues, workers, spool }: OperationsView): Html {
  const down = Object.entries(dependencies).filter(([, check]) => check.status === 'down');
  const living = workers?.filter(({ alive }) => alive).length;
  const waiting = queues?.reduce((sum, { counts }) => sum + counts.waiting + counts.prioritized, 0);
  return html`<p>The service is <strong>${status}</strong>${down.length === 0 ? '' : `: ${down.map(([name, check]) => `${name} (${check.detail ?? 'down'})`).join(', ')}`}.
Processes that work: ${living ?? 'not known'}. Jobs that wait: ${waiting ?? 'not known'}.
${spool === null ? 'The spool does not answer.' : `In the spool: ${spool.entries}, ${Math.ceil(spool.bytes / 1_000_000)} MB; set apart: ${spool.quarantined}.`}</p>`;
}

function formOf(items: readonly StuckItem[]): Html {
  return html`<form method="post" action="/admin/stuck/retry"><table>
<thead><tr><th></th><th>What</th><th>Where</th><th>Status</th><th>Since</th><th>Cause</th><th>What happens next</th></tr></thead>
<tbody>
${items.map(rowOf)}
</tbody></table><p><button>Try the marked ones again</button></p></form>`;
}

function rowOf({ kind, id, institution, assessment, status, waitingFor }: StuckItem): Html {
  const { cause, since, next, nextAt } = waitingFor;
  return html`<tr><td><input type="checkbox" name="ids" value="${id}" aria-label="${kind} ${id}"></td><td>${kind}<br><code>${id}</code></td>
<td>${institution?.name ?? institution?.id ?? 'not known'}<br>${assessment?.title ?? assessment?.id ?? ''}</td><td>${status}</td><td>${timeOf(since)}</td>
<td><strong>${cause}</strong></td><td>${next}${nextAt === null ? nothing : html` Next at ${timeOf(nextAt)}.`}</td></tr>`;
}

/** The way to the pages for operators. */
export function operatorsPage(): string {
  return adminPage(
    'Operators',
    html`<ul><li><a href="/admin/stuck">What stands still, and why</a></li><li><a href="/admin/queues">Queues</a></li><li><a href="/readyz">Readiness</a></li><li><a href="/docs">The HTTP interface</a></li></ul>`,
  );
}
