import type { QuestionBankView } from '@gradeflow/contracts';
import type { QuestionBank } from '@gradeflow/database';

export function presentBank({ id, name, questionCount, createdAt, updatedAt }: QuestionBank): QuestionBankView {
  return { id, name, questionCount, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
