import { scenarios } from '../../vm-harness/scenarios/index.ts';
import { playScenarios } from '../vm/play-scenarios.ts';

playScenarios(scenarios);
