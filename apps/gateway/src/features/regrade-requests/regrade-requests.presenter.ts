import type { RegradeRequestView } from '@gradeflow/contracts';
import type { RegradeRequest } from '@gradeflow/database';

export function presentRegradeRequest({ createdAt, answeredAt, ...request }: RegradeRequest): RegradeRequestView {
  return { ...request, createdAt: createdAt.toISOString(), answeredAt: answeredAt?.toISOString() ?? null };
}
