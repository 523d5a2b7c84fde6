-- AlterTable
ALTER TABLE "user" ADD COLUMN     "locale" TEXT,
ADD COLUMN     "preferences" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "time_zone" TEXT;

-- CreateTable
CREATE TABLE "question_bank" (
    "id" UUID NOT NULL,
    "institution_id" UUID NOT NULL,
    "created_by" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "question_bank_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bank_question" (
    "id" UUID NOT NULL,
    "bank_id" UUID NOT NULL,
    "question" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "bank_question_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cache_epoch" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "epoch" BIGINT NOT NULL DEFAULT 1,

    CONSTRAINT "cache_epoch_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "question_bank_institution_id_created_at_id_idx" ON "question_bank"("institution_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "question_bank_created_by_created_at_id_idx" ON "question_bank"("created_by", "created_at", "id");

-- CreateIndex
CREATE INDEX "bank_question_bank_id_created_at_id_idx" ON "bank_question"("bank_id", "created_at", "id");

-- AddForeignKey
ALTER TABLE "question_bank" ADD CONSTRAINT "question_bank_institution_id_fkey" FOREIGN KEY ("institution_id") REFERENCES "institution"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "question_bank" ADD CONSTRAINT "question_bank_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bank_question" ADD CONSTRAINT "bank_question_bank_id_fkey" FOREIGN KEY ("bank_id") REFERENCES "question_bank"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Search: words as they are written, in whatever language. The expressions are those of packages/database/src/repositories/search.ts, to the letter.
CREATE INDEX "assessment_search_idx" ON "assessment" USING gin (to_tsvector('simple', "title"));
CREATE INDEX "rubric_version_search_idx" ON "rubric_version" USING gin (jsonb_to_tsvector('simple', "questions", '["string"]'));
CREATE INDEX "bank_question_search_idx" ON "bank_question" USING gin (jsonb_to_tsvector('simple', "question", '["string"]'));
CREATE INDEX "submission_search_idx" ON "submission" USING gin (to_tsvector('simple', coalesce("label", '') || ' ' || translate("original_name", '._-', '   ')));
CREATE INDEX "user_search_idx" ON "user" USING gin (to_tsvector('simple', "name" || ' ' || translate("email", '@._-', '    ')));
