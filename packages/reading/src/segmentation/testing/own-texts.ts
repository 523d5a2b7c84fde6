import type { SheetTexts } from './make-sheet.ts';

/** Questions and answers of our own for tests: short and long ones, with figures and lists in the running text. */
export const ownTexts: SheetTexts = {
  answers: [
    ['What is photosynthesis?', 'Plants take in carbon dioxide and water and make sugar with the energy of light. Oxygen is given off.'],
    ['Explain why ice floats on water.', 'Ice is less dense than water because the molecules stand further apart in the crystal.'],
    ['Define velocity.', 'Velocity is the change of position over time; it has a direction.'],
    [
      'How does a stack differ from a queue?',
      'A stack gives back the last item first, a queue the first one. 1. push 2. pop are all that a stack needs.',
    ],
    ['What happens to a gas that is heated in a closed vessel?', 'The pressure rises'],
    ['State two properties of metals.', 'They conduct electricity, and they can be bent without breaking. Most of them shine.'],
    [
      'Why do we see lightning before we hear thunder?',
      'Light travels at about 300000 km per second, sound only at 340 m per second, so the sound comes later.',
    ],
    ['Name the parts of a cell.', 'nucleus, membrane, cytoplasm and, in plants, the wall'],
    [
      'Describe the water cycle in your own words.',
      'Water rises as vapour, forms clouds, falls as rain and flows back into the sea where it all begins again after some time.',
    ],
    ['What is a prime number?', 'A number above 1 that only 1 and the number itself divide.'],
    ['Why is the sky blue?', 'because short waves are scattered more than long ones'],
    ['How many bits are in a byte, and what can it hold?', '8 bits, that is 256 values from 0 to 255.'],
    [
      'Give one cause of the fall of the monarchy in 1789.',
      'The state had no money left after the wars, bread was dear, and the third estate had no say in the taxes.',
    ],
    [
      'Compare mitosis and meiosis.',
      'Mitosis makes two equal cells. Meiosis makes four cells with half the chromosomes, and they differ from each other.',
    ],
    [
      'What does a compiler do?',
      'It translates the source text into machine code before the program runs and reports the mistakes it finds.',
    ],
    ['Explain how a lens makes an image.', 'Rays that come from one point are bent so that they meet again in one point behind the lens.'],
    ['What is meant by inflation?', 'Prices rise over the whole economy and money buys less.'],
    ['Why must a fuse be in the live wire?', 'So that the device is dead when it blows.'],
    [
      'How does the body fight an infection?',
      'White cells eat the germs; others make antibodies which fit exactly one kind of germ and remember it for years.',
    ],
    [
      'What is the difference between weight and mass?',
      'Mass is the amount of matter and stays the same on the moon. Weight is a force in newtons and depends on where you are.',
    ],
  ].map(([question = '', answer = '']) => ({ question, answer })),
};
