import type { PageReading } from '@gradeflow/contracts';
import { AppError, PermanentError } from '@gradeflow/errors';
import { inspectPdf } from './documents/inspect-pdf.ts';
import { openPdf, type PdfDocument } from './documents/pdf-document.ts';
import { keepSparePdfium } from './documents/pdfium.ts';
import { sniffMediaType } from './documents/sniff.ts';
import type { OcrEngineOptions } from './engines/choose-engine.ts';
import type { PaperProposal } from './papers/types.ts';
import type { KnownPages } from './pool/known-pages.ts';
import type { ChildSettings, ChildTask } from './pool/protocol.ts';
import type { DocumentInfo, OcrEngine, ReadPageRequest, ReadPageResult } from './types.ts';

/** What a module named by `engineModule` exports. */
export interface OcrEngineModule {
  createOcrEngine(languages: readonly string[], options: OcrEngineOptions): Promise<OcrEngine>;
}

/** Reading inside one process: keeps one document and one engine open. Not for callers: the pool runs it where it may crash. */
export interface Reader {
  inspect(absolutePath: string): Promise<DocumentInfo>;
  readPage(request: ReadPageRequest): Promise<ReadPageResult>;
  proposeQuestions(pages: PageReading[]): Promise<PaperProposal>;
  /** To be called when a task is answered: gets ready for a next one like it. */
  prepareNext(task: ChildTask['kind']): void;
}

/** Pictures and engines are loaded when the first task needs them: a process that only inspects PDFs stays small. Without `known` no page was read before. */
export function createReader(settings: ChildSettings, known: Pick<KnownPages, 'find'> = { find: async () => null }): Reader {
  const documents = keepOneDocument();
  const engines = keepOneEngine(settings);
  return {
    inspect: async (absolutePath) => {
      const mediaType = await sniffMediaType(absolutePath);
      if (mediaType === 'application/pdf') return { mediaType, pages: await inspectPdf(absolutePath, settings.limits) };
      const { inspectImage } = await import('./documents/inspect-image.ts');
      return { mediaType, pages: await inspectImage(absolutePath, mediaType, settings.limits) };
    },
    // Pages of one document share an instance; each document that is only looked at needs a fresh one, and its sender is waiting.
    prepareNext: (task) => {
      if (task === 'inspect') keepSparePdfium();
    },
    proposeQuestions: async (pages) => {
      const { proposeQuestions } = await import('./papers/propose-questions.ts');
      return proposeQuestions(pages);
    },
    readPage: async (request) => {
      const { readPage } = await import('./read-page.ts');
      try {
        return await readPage({ limits: settings.limits, openPdf: documents.open, engineFor: engines.get, findKnown: known.find }, request);
      } catch (error) {
        documents.forget();
        throw isFaultOfPage(error)
          ? new PermanentError({ code: 'PAGE_UNREADABLE', detail: 'The page cannot be rendered.', cause: error })
          : error;
      }
    },
  };
}

/** PDFium's faults inside WebAssembly and sizes that no memory holds; errors of files, engines and our own say themselves what they are. */
function isFaultOfPage(error: unknown): boolean {
  return !(error instanceof AppError) && error instanceof Error && ['RuntimeError', 'RangeError'].includes(error.name);
}

/** The last document stays open for its next page. After an error it is forgotten with its PDFium, which may be poisoned. */
function keepOneDocument() {
  let kept: { absolutePath: string; document: PdfDocument } | null = null;
  return {
    open: async (absolutePath: string): Promise<PdfDocument> => {
      if (kept?.absolutePath === absolutePath) return kept.document;
      kept?.document.close();
      kept = null;
      kept = { absolutePath, document: await openPdf(absolutePath) };
      return kept.document;
    },
    forget: (): void => {
      kept?.document.abandon();
      kept = null;
    },
  };
}

function keepOneEngine(settings: ChildSettings) {
  let kept: { languages: string; engine: OcrEngine } | null = null;
  return {
    get: async (languages: string[]): Promise<OcrEngine> => {
      const key = languages.join('+');
      if (kept?.languages === key) return kept.engine;
      await kept?.engine.close();
      kept = null;
      const { createOcrEngine } = await loadEngineModule(settings.engineModule);
      kept = { languages: key, engine: await createOcrEngine(languages, { ocrDataDir: settings.ocrDataDir, engine: settings.ocrEngine }) };
      return kept.engine;
    },
  };
}

async function loadEngineModule(engineModule: string | null): Promise<OcrEngineModule> {
  return engineModule === null ? import('./engines/choose-engine.ts') : ((await import(engineModule)) as OcrEngineModule);
}
