import { Counter, type Registry } from '@gradeflow/telemetry';

/** How a request to a model ended; `refused`: the institution's cap did not admit it. */
export type CallOutcome = 'answered' | 'free' | 'unknown' | 'refused';

export interface ModelMetrics {
  call(model: string, outcome: CallOutcome): void;
  used(model: string, used: { promptTokens: number; completionTokens: number; cost: number; currency: string | null }): void;
  /** Decisions that were known, and those that had to be asked for. */
  decisions(known: number, asked: number): void;
}

/** Figures of all model calls of a process; what one institution or submission used stands in the database. */
export function createModelMetrics(registry: Registry): ModelMetrics {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `gradeflow_model_${name}_total`, help, labelNames, registers: [registry] });
  const calls = counter('calls', 'Requests to the model by how they ended', ['model', 'outcome']);
  const tokens = counter('tokens', 'Tokens sent to the model and received', ['model', 'kind']);
  const cost = counter('cost', 'What the calls came to, where prices are configured', ['model', 'currency']);
  const decisions = counter('decisions', 'Decisions by where they came from', ['source']);
  return {
    call: (model, outcome) => calls.inc({ model, outcome }),
    used: (model, used) => {
      tokens.inc({ model, kind: 'prompt' }, used.promptTokens);
      tokens.inc({ model, kind: 'completion' }, used.completionTokens);
      if (used.currency !== null) cost.inc({ model, currency: used.currency }, used.cost);
    },
    decisions: (known, asked) => {
      decisions.inc({ source: 'known' }, known);
      decisions.inc({ source: 'asked' }, asked);
    },
  };
}
