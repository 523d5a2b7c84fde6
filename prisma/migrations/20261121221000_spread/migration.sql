-- AlterTable
ALTER TABLE "decision_batch" ADD COLUMN     "request_hash" TEXT;

-- AlterTable
ALTER TABLE "feedback_snippet" ADD COLUMN     "uses" INTEGER NOT NULL DEFAULT 0;

-- DropIndex
DROP INDEX "feedback_snippet_assessment_id_question_id_text_key";

-- CreateIndex
CREATE UNIQUE INDEX "decision_batch_request_hash_key" ON "decision_batch"("request_hash");

-- CreateIndex
CREATE INDEX "audit_event_assessment_id_at_id_idx" ON "audit_event"("assessment_id", "at", "id");

-- A text of 2,000 characters may be too long for an index; its hash is not.
CREATE UNIQUE INDEX "feedback_snippet_text_key" ON "feedback_snippet"("assessment_id", "question_id", md5("text"));
