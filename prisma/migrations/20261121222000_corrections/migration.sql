-- AlterTable
ALTER TABLE "submission" ADD COLUMN     "regrade_only" UUID[] DEFAULT ARRAY[]::UUID[];

-- AlterTable
ALTER TABLE "answer_correction" ALTER COLUMN "after" DROP NOT NULL;

-- AlterTable
ALTER TABLE "notification" ALTER COLUMN "grading_id" DROP NOT NULL;

-- CreateIndex
CREATE INDEX "regrade_request_student_id_created_at_id_idx" ON "regrade_request"("student_id", "created_at", "id");
