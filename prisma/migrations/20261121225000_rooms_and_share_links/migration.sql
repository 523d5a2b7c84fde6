-- CreateTable
CREATE TABLE "share_link" (
    "code" TEXT NOT NULL,
    "submission_id" UUID NOT NULL,
    "created_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "share_link_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "room" (
    "id" UUID NOT NULL,
    "pin" TEXT NOT NULL,
    "institution_id" UUID NOT NULL,
    "assessment_id" UUID NOT NULL,
    "created_by" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "room_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "room_participant" (
    "room_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "display_name" TEXT NOT NULL,
    "joined_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "room_participant_pkey" PRIMARY KEY ("room_id","user_id")
);

-- CreateIndex
CREATE INDEX "share_link_submission_id_idx" ON "share_link"("submission_id");

-- CreateIndex
CREATE INDEX "room_created_by_created_at_id_idx" ON "room"("created_by", "created_at", "id");

-- CreateIndex
CREATE INDEX "room_participant_user_id_idx" ON "room_participant"("user_id");

-- AddForeignKey
ALTER TABLE "room_participant" ADD CONSTRAINT "room_participant_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "room"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One open room a PIN.
CREATE UNIQUE INDEX "room_open_pin_key" ON "room"("pin") WHERE "closed_at" IS NULL;
