-- AlterTable
ALTER TABLE "page" ADD COLUMN     "content_hash" TEXT,
ADD COLUMN     "doubts" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "lines" JSONB NOT NULL DEFAULT '[]';

-- CreateIndex
CREATE INDEX "page_content_hash_idx" ON "page"("content_hash");
