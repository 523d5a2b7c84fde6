import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PDFiumLibrary } from '@hyzyla/pdfium';

/** The C functions of PDFium that are used here, with their names in its public headers; numbers are handles or addresses. */
export interface Pdfium {
  _malloc(bytes: number): number;
  _free(address: number): void;
  /** Views are replaced when the memory grows: always read them afresh. */
  HEAPU8: Uint8Array;
  HEAP32: Int32Array;
  HEAPF32: Float32Array;
  HEAPF64: Float64Array;
  /** Functions by their addresses; takes functions that WebAssembly exports. */
  wasmExports: { __indirect_function_table: { set(address: number, exported: unknown): void } };
  _FPDF_LoadCustomDocument(access: number, password: number): number;
  _FPDF_GetLastError(): number;
  _FPDF_CloseDocument(document: number): void;
  _FPDF_GetPageCount(document: number): number;
  _FPDF_GetPageSizeByIndexF(document: number, index: number, sizeF: number): number;
  _FPDF_LoadPage(document: number, index: number): number;
  _FPDF_ClosePage(page: number): void;
  _FPDF_GetPageWidthF(page: number): number;
  _FPDF_GetPageHeightF(page: number): number;
  _FPDFPage_GetRotation(page: number): number;
  _FPDF_PageToDevice(
    page: number,
    x: number,
    y: number,
    w: number,
    h: number,
    rotate: number,
    px: number,
    py: number,
    outX: number,
    outY: number,
  ): number;
  _FPDFBitmap_CreateEx(width: number, height: number, format: number, data: number, stride: number): number;
  _FPDFBitmap_FillRect(bitmap: number, left: number, top: number, width: number, height: number, colour: number): void;
  _FPDFBitmap_Destroy(bitmap: number): void;
  _FPDF_RenderPageBitmap(bitmap: number, page: number, x: number, y: number, w: number, h: number, rotate: number, flags: number): void;
  _FPDFDOC_InitFormFillEnvironment(document: number, info: number): number;
  _FPDFDOC_ExitFormFillEnvironment(form: number): void;
  _FORM_OnAfterLoadPage(page: number, form: number): void;
  _FORM_OnBeforeClosePage(page: number, form: number): void;
  _FPDF_FFLDraw(
    form: number,
    bitmap: number,
    page: number,
    x: number,
    y: number,
    w: number,
    h: number,
    rotate: number,
    flags: number,
  ): void;
  _FPDFText_LoadPage(page: number): number;
  _FPDFText_ClosePage(textPage: number): void;
  _FPDFText_CountChars(textPage: number): number;
  _FPDFText_GetUnicode(textPage: number, index: number): number;
  _FPDFText_IsGenerated(textPage: number, index: number): number;
  _FPDFText_IsHyphen(textPage: number, index: number): number;
  _FPDFText_HasUnicodeMapError(textPage: number, index: number): number;
  _FPDFText_GetTextObject(textPage: number, index: number): number;
  _FPDFText_GetCharBox(textPage: number, index: number, left: number, right: number, bottom: number, top: number): number;
  _FPDFPage_CountObjects(page: number): number;
  _FPDFPage_GetObject(page: number, index: number): number;
  _FPDFPageObj_GetType(object: number): number;
  _FPDFPageObj_GetMatrix(object: number, matrix: number): number;
  _FPDFPageObj_GetBounds(object: number, left: number, bottom: number, right: number, top: number): number;
  _FPDFTextObj_GetTextRenderMode(object: number): number;
  _FPDFImageObj_GetImageMetadata(image: number, page: number, metadata: number): number;
  _FPDFPage_HasTransparency(page: number): number;
  _FPDFFormObj_CountObjects(form: number): number;
  _FPDFFormObj_GetObject(form: number, index: number): number;
  _FPDFPage_GetAnnotCount(page: number): number;
  _FPDFPage_GetAnnot(page: number, index: number): number;
  _FPDFPage_CloseAnnot(annotation: number): void;
  _FPDFAnnot_GetSubtype(annotation: number): number;
  _FPDFAnnot_GetRect(annotation: number, rectF: number): number;
}

/** FPDF_ERR_PASSWORD and FPDF_ERR_SECURITY of fpdfview.h. */
export const passwordErrors: readonly number[] = [4, 5];
/** FPDF_PAGEOBJ_* of fpdf_edit.h. */
export const objectType = { text: 1, image: 3, form: 5 } as const;

let spare: Promise<Pdfium> | null = null;

/** A PDFium of its own, the spare one if there is one: a fault inside one poisons every document that is opened in it later. */
export function takePdfium(): Promise<Pdfium> {
  const taken = spare ?? createPdfium();
  spare = null;
  return taken;
}

/** Makes the next instance (4–10 ms) while nobody waits for it. */
export function keepSparePdfium(): void {
  if (spare !== null) return;
  spare = createPdfium();
  // Whoever takes it is told; until then it is nobody's error.
  spare.catch(() => {});
}

async function createPdfium(): Promise<Pdfium> {
  const module = await compiledPdfium();
  const library = await PDFiumLibrary.init({
    instantiateWasm: (imports, useInstance) => {
      const instance = new WebAssembly.Instance(module, imports);
      useInstance(instance);
      return instance.exports;
    },
  });
  return (library as unknown as { module: Pdfium }).module;
}

/** Node has it; TypeScript knows it in browsers only. */
declare const WebAssembly: {
  compile(code: Uint8Array): Promise<object>;
  Instance: new (module: object, imports: unknown) => { exports: unknown };
};

let compiled: Promise<object> | null = null;

/** The code of all instances, once a process: left to the library, each one compiles it again (20–40 ms on all cores), which is most of what a look into a small PDF costs. */
function compiledPdfium(): Promise<object> {
  if (compiled === null) {
    const compiling = readFile(createRequire(import.meta.url).resolve('@hyzyla/pdfium/pdfium.wasm')).then(WebAssembly.compile);
    compiled = compiling;
    // The next one tries again.
    compiling.catch(() => {
      compiled = null;
    });
  }
  return compiled;
}

/** Runs `work` with scratch memory of the instance, freed afterwards. */
export function withMemory<T>(pdfium: Pdfium, bytes: number, work: (address: number) => T): T {
  const address = pdfium._malloc(bytes);
  if (address === 0) throw new RangeError(`PDFium has no ${bytes} bytes left`);
  try {
    return work(address);
  } finally {
    pdfium._free(address);
  }
}
