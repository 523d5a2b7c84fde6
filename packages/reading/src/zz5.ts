import { readFile } from 'node:fs/promises';
import { openPdf } from './documents/pdf-document.ts';
import { readPageLayer } from './text-layer/page-layer.ts';
import { renderPdfThumbnail } from './pages/render-pdf-page.ts';
import { findInk } from './pages/ink.ts';
import { makeSheet, writeLines, prose } from './testing/sheet.ts';
const f = await makeSheet('/tmp/te','form',(page,{document,font})=>{ 
      const field = document.getForm().createTextField('answer');
      field.setText('forty-two');
      field.addToPage(page, { x: 60, y: 300, width: 200, height: 30, borderWidth: 0 });
});
const d = await openPdf(await readFile(f));
d.withPage(0,p=>{const l=readPageLayer(p); console.log(l.annotations, l.characters.length, findInk(renderPdfThumbnail(p,842)).share);});
