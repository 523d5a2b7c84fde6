-- CreateEnum
CREATE TYPE "question_paper_status" AS ENUM ('PROCESSING', 'READY', 'CONFIRMED', 'FAILED');

-- CreateTable
CREATE TABLE "question_paper" (
    "id" UUID NOT NULL,
    "institution_id" UUID NOT NULL,
    "assessment_id" UUID NOT NULL,
    "created_by" UUID NOT NULL,
    "label" TEXT,
    "status" "question_paper_status" NOT NULL,
    "reason_code" TEXT,
    "reason_detail" TEXT,
    "run" INTEGER NOT NULL DEFAULT 1,
    "original_name" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "content_hash" TEXT NOT NULL,
    "files" JSONB NOT NULL,
    "pages_total" INTEGER NOT NULL,
    "analysis" JSONB,
    "confirmed_version" INTEGER,
    "confirmed_hash" TEXT,
    "confirmed_by" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "question_paper_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "question_paper_page" (
    "paper_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "width" INTEGER NOT NULL,
    "height" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "confidence" DOUBLE PRECISION NOT NULL,
    "engine" TEXT NOT NULL,
    "rotation" INTEGER NOT NULL,
    "words" JSONB NOT NULL,
    "lines" JSONB NOT NULL DEFAULT '[]',
    "doubts" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "content_hash" TEXT,
    "failure" TEXT,

    CONSTRAINT "question_paper_page_pkey" PRIMARY KEY ("paper_id","number")
);

-- CreateIndex
CREATE INDEX "question_paper_assessment_id_created_at_id_idx" ON "question_paper"("assessment_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "question_paper_status_created_at_id_idx" ON "question_paper"("status", "created_at", "id");

-- AddForeignKey
ALTER TABLE "question_paper_page" ADD CONSTRAINT "question_paper_page_paper_id_fkey" FOREIGN KEY ("paper_id") REFERENCES "question_paper"("id") ON DELETE CASCADE ON UPDATE CASCADE;
