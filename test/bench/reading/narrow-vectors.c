/*
 * Loaded before tesseract 5.3, makes its networks use vectors of 128 bits (SSE 4.1), which is what WebAssembly has, on processors with wider ones. Names are
 * those of the library's C++ symbols; it sets them after the library has looked at the processor and before any model is read. The words stay the same.
 */
extern void *_ZN9tesseract13IntSimdMatrix13intSimdMatrixE;
extern char _ZN9tesseract13IntSimdMatrix16intSimdMatrixSSEE[];
extern float (*_ZN9tesseract10DotProductE)(const float *, const float *, int);
extern float _ZN9tesseract13DotProductSSEEPKfS1_i(const float *, const float *, int);

__attribute__((constructor)) static void narrow(void) {
  _ZN9tesseract13IntSimdMatrix13intSimdMatrixE = _ZN9tesseract13IntSimdMatrix16intSimdMatrixSSEE;
  _ZN9tesseract10DotProductE = _ZN9tesseract13DotProductSSEEPKfS1_i;
}
