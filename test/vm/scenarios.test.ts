import { scenarios } from '../../vm-harness/scenarios/index.ts';
import { playScenarios } from './play-scenarios.ts';

playScenarios(scenarios.filter(({ always }) => always));
