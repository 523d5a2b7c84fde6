-- CreateEnum
CREATE TYPE "role" AS ENUM ('ADMIN', 'TEACHER', 'STUDENT');

-- CreateEnum
CREATE TYPE "release_mode" AS ENUM ('IMMEDIATE', 'MANUAL');

-- CreateEnum
CREATE TYPE "submission_status" AS ENUM ('RECEIVED', 'PROCESSING', 'GRADED', 'NEEDS_REVIEW', 'FAILED');

-- CreateEnum
CREATE TYPE "stage_name" AS ENUM ('extract', 'persist', 'record', 'grade');

-- CreateEnum
CREATE TYPE "stage_status" AS ENUM ('WAITING', 'ACTIVE', 'FAILED', 'COMPLETED');

-- CreateEnum
CREATE TYPE "grader_kind" AS ENUM ('offline', 'openai', 'human');

-- CreateEnum
CREATE TYPE "report_status" AS ENUM ('QUEUED', 'RUNNING', 'READY', 'FAILED');

-- CreateTable
CREATE TABLE "institution" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "institution_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user" (
    "id" UUID NOT NULL,
    "institution_id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" "role" NOT NULL,
    "password_hash" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "course" (
    "id" UUID NOT NULL,
    "institution_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "course_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "course_teacher" (
    "course_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,

    CONSTRAINT "course_teacher_pkey" PRIMARY KEY ("course_id","user_id")
);

-- CreateTable
CREATE TABLE "enrolment" (
    "course_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,

    CONSTRAINT "enrolment_pkey" PRIMARY KEY ("course_id","user_id")
);

-- CreateTable
CREATE TABLE "refresh_family" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "current_hash" TEXT NOT NULL,
    "previous_hash" TEXT,
    "rotated_at" TIMESTAMPTZ(3),
    "device" TEXT,
    "address" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "refresh_family_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "assessment" (
    "id" UUID NOT NULL,
    "institution_id" UUID NOT NULL,
    "course_id" UUID,
    "created_by" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "languages" TEXT[],
    "anonymous" BOOLEAN NOT NULL,
    "release" "release_mode" NOT NULL,
    "released_at" TIMESTAMPTZ(3),
    "review_below" DOUBLE PRECISION NOT NULL,
    "sample_share" DOUBLE PRECISION NOT NULL,
    "regrade_until" TIMESTAMPTZ(3),
    "rubric_version" INTEGER NOT NULL DEFAULT 0,
    "max_score" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "assessment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rubric_version" (
    "assessment_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "questions" JSONB NOT NULL,
    "created_by" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "rubric_version_pkey" PRIMARY KEY ("assessment_id","version")
);

-- CreateTable
CREATE TABLE "submission" (
    "id" UUID NOT NULL,
    "institution_id" UUID NOT NULL,
    "assessment_id" UUID NOT NULL,
    "created_by" UUID NOT NULL,
    "student_id" UUID,
    "label" TEXT,
    "status" "submission_status" NOT NULL,
    "waiting_cause" TEXT,
    "reason_code" TEXT,
    "reason_detail" TEXT,
    "run" INTEGER NOT NULL DEFAULT 1,
    "fence" INTEGER NOT NULL DEFAULT 0,
    "original_name" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "content_hash" TEXT NOT NULL,
    "files" JSONB NOT NULL,
    "pages_total" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "submission_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "submission_stage" (
    "submission_id" UUID NOT NULL,
    "name" "stage_name" NOT NULL,
    "status" "stage_status" NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT '1970-01-01 00:00:00 +00:00',
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "reason" TEXT,
    "pages_total" INTEGER NOT NULL DEFAULT 0,
    "pages_done" INTEGER NOT NULL DEFAULT 0,
    "persisted" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "submission_stage_pkey" PRIMARY KEY ("submission_id","name")
);

-- CreateTable
CREATE TABLE "page" (
    "submission_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "width" INTEGER NOT NULL,
    "height" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "confidence" DOUBLE PRECISION NOT NULL,
    "engine" TEXT NOT NULL,
    "rotation" INTEGER NOT NULL,
    "words" JSONB NOT NULL,
    "failure" TEXT,

    CONSTRAINT "page_pkey" PRIMARY KEY ("submission_id","number")
);

-- CreateTable
CREATE TABLE "grading" (
    "id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "run" INTEGER NOT NULL,
    "grader" "grader_kind" NOT NULL,
    "by_id" UUID,
    "rubric_version" INTEGER NOT NULL,
    "score" DOUBLE PRECISION NOT NULL,
    "max_score" DOUBLE PRECISION NOT NULL,
    "min_confidence" DOUBLE PRECISION,
    "reviews" INTEGER NOT NULL,
    "questions" JSONB NOT NULL,
    "unassigned" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "announced_at" TIMESTAMPTZ(3),

    CONSTRAINT "grading_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notification" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "event" TEXT NOT NULL,
    "subject_type" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "grading_id" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "read_at" TIMESTAMPTZ(3),

    CONSTRAINT "notification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "report" (
    "id" UUID NOT NULL,
    "institution_id" UUID NOT NULL,
    "assessment_id" UUID NOT NULL,
    "created_by" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "student_id" UUID,
    "status" "report_status" NOT NULL DEFAULT 'QUEUED',
    "progress" INTEGER NOT NULL DEFAULT 0,
    "reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "report_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "user_email_key" ON "user"("email");

-- CreateIndex
CREATE INDEX "user_institution_id_idx" ON "user"("institution_id");

-- CreateIndex
CREATE INDEX "course_institution_id_idx" ON "course"("institution_id");

-- CreateIndex
CREATE INDEX "course_teacher_user_id_idx" ON "course_teacher"("user_id");

-- CreateIndex
CREATE INDEX "enrolment_user_id_idx" ON "enrolment"("user_id");

-- CreateIndex
CREATE INDEX "refresh_family_user_id_idx" ON "refresh_family"("user_id");

-- CreateIndex
CREATE INDEX "assessment_institution_id_created_at_id_idx" ON "assessment"("institution_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "assessment_course_id_created_at_id_idx" ON "assessment"("course_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "assessment_created_by_created_at_id_idx" ON "assessment"("created_by", "created_at", "id");

-- CreateIndex
CREATE INDEX "submission_assessment_id_created_at_id_idx" ON "submission"("assessment_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "submission_student_id_created_at_id_idx" ON "submission"("student_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "submission_assessment_id_content_hash_created_at_id_idx" ON "submission"("assessment_id", "content_hash", "created_at", "id");

-- CreateIndex
CREATE INDEX "submission_status_created_at_id_idx" ON "submission"("status", "created_at", "id");

-- CreateIndex
CREATE INDEX "submission_waiting_cause_assessment_id_idx" ON "submission"("waiting_cause", "assessment_id");

-- CreateIndex
CREATE INDEX "grading_submission_id_run_created_at_idx" ON "grading"("submission_id", "run", "created_at");

-- CreateIndex
CREATE INDEX "grading_announced_at_created_at_idx" ON "grading"("announced_at", "created_at");

-- CreateIndex
CREATE INDEX "notification_user_id_created_at_id_idx" ON "notification"("user_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "notification_grading_id_idx" ON "notification"("grading_id");

-- CreateIndex
CREATE UNIQUE INDEX "notification_user_id_event_subject_id_grading_id_key" ON "notification"("user_id", "event", "subject_id", "grading_id");

-- CreateIndex
CREATE INDEX "report_institution_id_idx" ON "report"("institution_id");

-- CreateIndex
CREATE INDEX "report_assessment_id_idx" ON "report"("assessment_id");

-- CreateIndex
CREATE INDEX "report_status_updated_at_idx" ON "report"("status", "updated_at");

-- AddForeignKey
ALTER TABLE "user" ADD CONSTRAINT "user_institution_id_fkey" FOREIGN KEY ("institution_id") REFERENCES "institution"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "course" ADD CONSTRAINT "course_institution_id_fkey" FOREIGN KEY ("institution_id") REFERENCES "institution"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "course_teacher" ADD CONSTRAINT "course_teacher_course_id_fkey" FOREIGN KEY ("course_id") REFERENCES "course"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "course_teacher" ADD CONSTRAINT "course_teacher_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "enrolment" ADD CONSTRAINT "enrolment_course_id_fkey" FOREIGN KEY ("course_id") REFERENCES "course"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "enrolment" ADD CONSTRAINT "enrolment_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_family" ADD CONSTRAINT "refresh_family_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "assessment" ADD CONSTRAINT "assessment_institution_id_fkey" FOREIGN KEY ("institution_id") REFERENCES "institution"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "assessment" ADD CONSTRAINT "assessment_course_id_fkey" FOREIGN KEY ("course_id") REFERENCES "course"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "assessment" ADD CONSTRAINT "assessment_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rubric_version" ADD CONSTRAINT "rubric_version_assessment_id_fkey" FOREIGN KEY ("assessment_id") REFERENCES "assessment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "page" ADD CONSTRAINT "page_submission_id_fkey" FOREIGN KEY ("submission_id") REFERENCES "submission"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "grading" ADD CONSTRAINT "grading_submission_id_fkey" FOREIGN KEY ("submission_id") REFERENCES "submission"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "grading" ADD CONSTRAINT "grading_by_id_fkey" FOREIGN KEY ("by_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notification" ADD CONSTRAINT "notification_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notification" ADD CONSTRAINT "notification_grading_id_fkey" FOREIGN KEY ("grading_id") REFERENCES "grading"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "report" ADD CONSTRAINT "report_institution_id_fkey" FOREIGN KEY ("institution_id") REFERENCES "institution"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "report" ADD CONSTRAINT "report_assessment_id_fkey" FOREIGN KEY ("assessment_id") REFERENCES "assessment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A repeated or a second worker's attempt at the same run must not grade twice. Prisma's schema cannot say "where".
CREATE UNIQUE INDEX "grading_machine_key" ON "grading"("submission_id", "run", "grader") WHERE "grader" <> 'human';
