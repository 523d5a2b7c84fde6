import type { CourseView } from '@gradeflow/contracts';
import type { CourseRecord } from '@gradeflow/database';
import type { z } from 'zod';

export function presentCourse({ id, name, createdAt, teachers, students }: CourseRecord): z.infer<typeof CourseView> {
  return { id, name, createdAt: createdAt.toISOString(), teachers, students };
}
