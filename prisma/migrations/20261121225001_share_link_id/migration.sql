-- AlterTable
ALTER TABLE "share_link" ADD COLUMN     "id" UUID NOT NULL DEFAULT gen_random_uuid();

-- CreateIndex
CREATE UNIQUE INDEX "share_link_id_key" ON "share_link"("id");
