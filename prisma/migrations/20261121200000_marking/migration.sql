-- CreateEnum
CREATE TYPE "regrade_request_status" AS ENUM ('OPEN', 'ACCEPTED', 'REJECTED');

-- AlterTable
ALTER TABLE "institution" ADD COLUMN     "model_budget" DECIMAL(14,6),
ADD COLUMN     "model_budget_currency" TEXT;

-- AlterTable
ALTER TABLE "submission" ADD COLUMN     "max_score" DOUBLE PRECISION,
ADD COLUMN     "min_confidence" DOUBLE PRECISION,
ADD COLUMN     "reviews" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "score" DOUBLE PRECISION;

-- AlterTable
ALTER TABLE "grading" ADD COLUMN     "batch_id" UUID,
ADD COLUMN     "previous_id" UUID,
ADD COLUMN     "question_id" UUID,
ADD COLUMN     "reverted_to" UUID;

-- CreateTable
CREATE TABLE "question_result" (
    "submission_id" UUID NOT NULL,
    "question_id" UUID NOT NULL,
    "assessment_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "grading_id" UUID NOT NULL,
    "machine_grading_id" UUID,
    "decided_by" UUID,
    "score" DOUBLE PRECISION NOT NULL,
    "max_score" DOUBLE PRECISION NOT NULL,
    "confidence" DOUBLE PRECISION NOT NULL,
    "needs_review" BOOLEAN NOT NULL,
    "review_reasons" TEXT[],
    "result" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "question_result_pkey" PRIMARY KEY ("submission_id","question_id")
);

-- CreateTable
CREATE TABLE "review_claim" (
    "id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "question_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "review_claim_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "decision_batch" (
    "id" UUID NOT NULL,
    "assessment_id" UUID NOT NULL,
    "question_id" UUID NOT NULL,
    "by_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "undone_at" TIMESTAMPTZ(3),

    CONSTRAINT "decision_batch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "feedback_snippet" (
    "id" UUID NOT NULL,
    "assessment_id" UUID NOT NULL,
    "question_id" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "created_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "feedback_snippet_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "answer_correction" (
    "id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "question_id" UUID NOT NULL,
    "by_id" UUID NOT NULL,
    "change" JSONB NOT NULL,
    "before" TEXT NOT NULL,
    "after" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "answer_correction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "regrade_request" (
    "id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "question_id" UUID NOT NULL,
    "student_id" UUID NOT NULL,
    "message" TEXT NOT NULL,
    "status" "regrade_request_status" NOT NULL DEFAULT 'OPEN',
    "reply" TEXT,
    "answered_by" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "answered_at" TIMESTAMPTZ(3),

    CONSTRAINT "regrade_request_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "id" UUID NOT NULL,
    "institution_id" UUID NOT NULL,
    "actor_id" UUID,
    "action" TEXT NOT NULL,
    "subject_type" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "assessment_id" UUID,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model_usage" (
    "submission_id" UUID NOT NULL,
    "run" INTEGER NOT NULL,
    "institution_id" UUID NOT NULL,
    "model" TEXT NOT NULL,
    "calls" INTEGER NOT NULL,
    "prompt_tokens" INTEGER NOT NULL,
    "completion_tokens" INTEGER NOT NULL,
    "cost" DECIMAL(14,6) NOT NULL DEFAULT 0,
    "currency" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_usage_pkey" PRIMARY KEY ("submission_id","run","model")
);

-- CreateTable
CREATE TABLE "model_spend" (
    "institution_id" UUID NOT NULL,
    "month" DATE NOT NULL,
    "reserved" DECIMAL(14,6) NOT NULL DEFAULT 0,
    "spent" DECIMAL(14,6) NOT NULL DEFAULT 0,

    CONSTRAINT "model_spend_pkey" PRIMARY KEY ("institution_id","month")
);

-- CreateTable
CREATE TABLE "model_reservation" (
    "id" UUID NOT NULL,
    "institution_id" UUID NOT NULL,
    "month" DATE NOT NULL,
    "amount" DECIMAL(14,6) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "model_reservation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model_decision" (
    "key" TEXT NOT NULL,
    "decision" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_decision_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "question_result_assessment_id_question_id_needs_review_idx" ON "question_result"("assessment_id", "question_id", "needs_review");

-- CreateIndex
CREATE INDEX "review_claim_user_id_idx" ON "review_claim"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "review_claim_submission_id_question_id_key" ON "review_claim"("submission_id", "question_id");

-- CreateIndex
CREATE INDEX "decision_batch_assessment_id_question_id_idx" ON "decision_batch"("assessment_id", "question_id");

-- CreateIndex
CREATE UNIQUE INDEX "feedback_snippet_assessment_id_question_id_text_key" ON "feedback_snippet"("assessment_id", "question_id", "text");

-- CreateIndex
CREATE INDEX "answer_correction_submission_id_question_id_created_at_idx" ON "answer_correction"("submission_id", "question_id", "created_at");

-- CreateIndex
CREATE INDEX "regrade_request_submission_id_created_at_idx" ON "regrade_request"("submission_id", "created_at");

-- CreateIndex
CREATE INDEX "regrade_request_status_created_at_id_idx" ON "regrade_request"("status", "created_at", "id");

-- CreateIndex
CREATE INDEX "audit_event_institution_id_at_id_idx" ON "audit_event"("institution_id", "at", "id");

-- CreateIndex
CREATE INDEX "audit_event_subject_type_subject_id_at_idx" ON "audit_event"("subject_type", "subject_id", "at");

-- CreateIndex
CREATE INDEX "model_usage_institution_id_updated_at_idx" ON "model_usage"("institution_id", "updated_at");

-- CreateIndex
CREATE INDEX "model_reservation_expires_at_idx" ON "model_reservation"("expires_at");

-- CreateIndex
CREATE INDEX "model_decision_created_at_idx" ON "model_decision"("created_at");

-- CreateIndex
CREATE INDEX "grading_batch_id_idx" ON "grading"("batch_id");

-- AddForeignKey
ALTER TABLE "question_result" ADD CONSTRAINT "question_result_submission_id_fkey" FOREIGN KEY ("submission_id") REFERENCES "submission"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One open request for a question of a sheet.
CREATE UNIQUE INDEX "regrade_request_open_key" ON "regrade_request"("submission_id", "question_id") WHERE "status" = 'OPEN';

-- Results that were there before the projection: each submission's newest machine grading.
INSERT INTO "question_result" ("submission_id", "question_id", "assessment_id", "position", "grading_id", "machine_grading_id", "score", "max_score",
  "confidence", "needs_review", "review_reasons", "result", "updated_at")
SELECT current.submission_id, (question.value ->> 'questionId')::uuid, submission.assessment_id, question.ordinality - 1, current.id, current.id,
  (question.value ->> 'score')::float8, (question.value ->> 'maxScore')::float8, (question.value ->> 'confidence')::float8,
  (question.value ->> 'needsReview')::boolean, ARRAY(SELECT jsonb_array_elements_text(question.value -> 'reviewReasons')), question.value, current.created_at
FROM (SELECT DISTINCT ON (submission_id) * FROM "grading" WHERE "grader" <> 'human' ORDER BY submission_id, run DESC, created_at DESC, id DESC) AS current
JOIN "submission" ON submission.id = current.submission_id
CROSS JOIN LATERAL jsonb_array_elements(current.questions) WITH ORDINALITY AS question
ON CONFLICT DO NOTHING;

UPDATE "submission" SET "score" = sums.score, "max_score" = sums.max_score, "min_confidence" = sums.min_confidence, "reviews" = sums.reviews
FROM (SELECT submission_id, sum(score) AS score, sum(max_score) AS max_score, min(confidence) AS min_confidence, count(*) FILTER (WHERE needs_review)::int AS reviews
  FROM "question_result" GROUP BY submission_id) AS sums
WHERE sums.submission_id = submission.id;

-- The review queue in its order, of one assessment and of all; few rows of many, so that the next free one is found without sorting the rest.
CREATE INDEX "question_result_open_idx" ON "question_result"("updated_at", "submission_id", "position") WHERE "needs_review";
CREATE INDEX "question_result_open_of_assessment_idx" ON "question_result"("assessment_id", "updated_at", "submission_id", "position") WHERE "needs_review";
