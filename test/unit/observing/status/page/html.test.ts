import { describe, expect, it } from 'vitest'
import { Html, html } from '../../../../../src/observing/status/page/html.js'

describe('html', () => {
  it('escapes texts and numbers, and leaves HTML and lists of it as they are', () => {
    const evil = `<b a="1" b='2'>&</b>`
    const inner = html`<i title="${evil}">${evil}</i>`
    const escaped = '&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;&lt;/b&gt;'
    expect(inner.text).toBe(`<i title="${escaped}">${escaped}</i>`)
    expect(html`<p>${inner}${[inner, new Html('<br>')]}${3}</p>`.text).toBe(`<p>${inner.text}${inner.text}<br>3</p>`)
  })
})
