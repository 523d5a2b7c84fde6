import { createHash } from 'node:crypto';
import type { Manifest } from '@gradeflow/contracts';
import type { NewQuestionPaper } from './repositories/question-papers.ts';
import type { NewSubmission } from './repositories/submissions.ts';

/**
 * What a spool entry's manifest says about the submission's row. `contentHash` is sha256 (hex) over the files' sha256 (hex) in order, so equal
 * hashes mean the same bytes in the same order. A student's own upload counts as theirs also when no student was named.
 */
export function newSubmissionOf(manifest: Manifest): NewSubmission {
  const [first] = manifest.files;
  if (!first) throw new RangeError('a manifest names at least one file');
  const content = createHash('sha256');
  for (const file of manifest.files) content.update(file.sha256);
  return {
    id: manifest.submissionId,
    institutionId: manifest.institutionId,
    assessmentId: manifest.assessmentId,
    createdBy: manifest.userId,
    studentId: manifest.studentId ?? (manifest.userRole === 'STUDENT' ? manifest.userId : null),
    label: manifest.label,
    originalName: first.name,
    bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0),
    contentHash: content.digest('hex'),
    files: manifest.files,
    pagesTotal: manifest.pagesTotal,
    createdAt: new Date(manifest.acceptedAt),
  };
}

/** The same of a question paper, which belongs to no student. */
export function newQuestionPaperOf(manifest: Manifest): NewQuestionPaper {
  const { studentId: _, ...paper } = newSubmissionOf(manifest);
  return paper;
}
