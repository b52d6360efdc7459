import { describe, expect, it } from 'vitest';
import { parseXml } from '../../../region/protocols/xml-parser.ts';

describe('the XML reader', () => {
  it('reads elements, attributes, text, entities and CDATA', () => {
    const source =
      '<?xml version="1.0"?>\n<!-- a <b> --><a xmlns="u" x:y="1 &gt; 0"><b>1 &amp; &#233;&#x41;</b><c/><b><![CDATA[<2>]]></b></a>\n';
    expect(parseXml(source)).toEqual({
      name: 'a',
      attributes: { xmlns: 'u', 'x:y': '1 > 0' },
      text: '',
      children: [
        { name: 'b', attributes: {}, text: '1 & éA', children: [] },
        { name: 'c', attributes: {}, text: '', children: [] },
        { name: 'b', attributes: {}, text: '<2>', children: [] },
      ],
    });
  });

  it.each([
    ['nothing', ''],
    ['text alone', 'hello'],
    ['an element that is not closed', '<a><b></b>'],
    ['elements that cross', '<a><b></a></b>'],
    ['two roots', '<a/><b/>'],
    ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
  ])('refuses %s as MalformedXML', (_what, source) => {
    expect(() => parseXml(source)).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });
});
