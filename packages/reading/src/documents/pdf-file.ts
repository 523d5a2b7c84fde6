import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Pdfium } from './pdfium.ts';

/** A file that PDFium reads as it needs it. */
export interface PdfFile {
  /** Address of the FPDF_FILEACCESS. */
  access: number;
  /** Frees the file; PDFium may not ask for it any more. */
  close(): void;
}

/** Node has it; TypeScript knows it in browsers only. */
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: { e: { f: (...numbers: [number, number, number, number]) => number } },
  ) => { exports: { f: unknown } };
};

/** FPDF_FILEACCESS of fpdfview.h: length, function, parameter, 4 bytes each. */
const accessBytes = 12;
/**
 * The only free place in the module's table of functions, which cannot grow: the one that a null pointer would call. FPDF_LoadCustomDocument does not
 * look whether its function is null.
 */
const freeSlot = 0;

/**
 * WebAssembly that does nothing but pass on a JavaScript function `(i32, i32, i32, i32) → i32`, since a table takes no other functions:
 * one type, the import `e.f` of that type, and its export as `f`.
 */
const passOn = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 9, 1, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f],
  ...[2, 7, 1, 1, 0x65, 1, 0x66, 0, 0],
  ...[7, 5, 1, 1, 0x66, 0, 0],
]);

/**
 * Lets PDFium read a file, or bytes, without taking all of it into its own memory: of a scan of 40 MB it needs a few kilobytes and the pages that are
 * looked at. The file stays open, and may be removed meanwhile. One an instance. Throws the system's error when it cannot be opened.
 */
export function openPdfFile(pdfium: Pdfium, source: string | Uint8Array): PdfFile {
  const access = pdfium._malloc(accessBytes);
  if (access === 0) throw new RangeError(`PDFium has no ${accessBytes} bytes left`);
  const { size, read, close } = typeof source === 'string' ? fromFile(source) : fromBytes(source);
  const readBlock = (_parameter: number, position: number, address: number, bytes: number): number => {
    const from = address >>> 0;
    const target = pdfium.HEAPU8.subarray(from, from + (bytes >>> 0));
    return read(target, position >>> 0) === target.length ? 1 : 0;
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(passOn), { e: { f: readBlock } });
  pdfium.wasmExports.__indirect_function_table.set(freeSlot, exports.f);
  pdfium.HEAP32.set([size, freeSlot, 0], access >> 2);
  return { access, close };
}

/** How many bytes come at once from a place. */
interface Source {
  size: number;
  read(target: Uint8Array, position: number): number;
  close(): void;
}

function fromFile(absolutePath: string): Source {
  const file = openSync(absolutePath, 'r');
  return {
    size: fstatSync(file).size,
    read: (target, position) => {
      try {
        return readSync(file, target, 0, target.length, position);
      } catch {
        return 0; // PDFium takes it for the end of the file
      }
    },
    close: () => closeSync(file),
  };
}

function fromBytes(bytes: Uint8Array): Source {
  const read = (target: Uint8Array, position: number): number => {
    const block = bytes.subarray(position, position + target.length);
    target.set(block);
    return block.length;
  };
  return { size: bytes.length, read, close: () => undefined };
}
