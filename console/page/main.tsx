import { render } from 'preact';
import { App } from './app.tsx';
import './style/page.css';

render(<App />, document.body);
