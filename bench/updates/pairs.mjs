// Pairs of releases of real web applications and libraries on npm: what is compared, and which folder of the package it is.
// `apps` have hashed file names and split chunks, as a bundle has that an application ships; `small` is the quick subset.
const packages = {
  'n8n-editor-ui': 'dist', '@directus/app': 'dist', 'flowise-ui': 'build', 'nc-lib-gui': 'lib/dist', '@verdaccio/ui-theme': '.',
  '@ionic/core': 'dist/ionic', 'swagger-ui-dist': '.', 'monaco-editor': 'min', '@excalidraw/excalidraw': 'dist/prod',
  mermaid: 'dist/chunks/mermaid.esm.min', 'pdfjs-dist': '.', 'plotly.js-dist-min': '.',
};

const pair = (name, from, to, kind, small = false) => ({ name, folder: packages[name], from, to, kind, small });
// Of the size that the targets of time are about, 18 MB, and so different that most is to be done: `latchkey bundle pack` is timed, too.
const packed = (...one) => ({ ...pair(...one), isPacked: true });

export const pairs = [
  pair('@verdaccio/ui-theme', '3.2.1', '3.4.1', 'minor', true),
  pair('swagger-ui-dist', '5.33.2', '5.33.3', 'patch', true),
  pair('swagger-ui-dist', '5.33.3', '5.34.0', 'minor', true),
  pair('@ionic/core', '8.8.18', '8.8.19', 'patch', true),
  pair('@ionic/core', '8.8.19', '9.0.0', 'major', true),
  pair('mermaid', '11.12.2', '11.12.3', 'patch', true),
  pair('mermaid', '11.12.3', '11.13.0', 'minor', true),
  pair('plotly.js-dist-min', '4.1.1', '4.1.2', 'patch'),
  pair('plotly.js-dist-min', '3.7.0', '4.0.0', 'major'),
  pair('monaco-editor', '0.52.0', '0.52.2', 'patch'),
  pair('monaco-editor', '0.51.0', '0.52.0', 'minor'),
  pair('flowise-ui', '3.1.3', '3.1.4', 'patch'),
  pair('pdfjs-dist', '5.7.284', '6.0.227', 'major'),
  pair('@excalidraw/excalidraw', '0.18.0', '0.18.1', 'patch'),
  pair('@directus/app', '13.3.2', '13.3.3', 'patch'),
  pair('@directus/app', '13.3.3', '13.4.0', 'minor'),
  packed('@directus/app', '13.4.0', '14.1.0', 'major'),
  pair('n8n-editor-ui', '2.39.5', '2.39.6', 'patch'),
  pair('nc-lib-gui', '0.260.1', '0.260.2', 'patch'),
];

// What no application ships: source maps, type declarations, licence texts.
export const isDropped = (path) => /\.(map|d\.[mc]?ts)$/.test(path) || /(^|\/)(licen[sc]e|notice|copying|thirdparty)[^/]*$/i.test(path);
