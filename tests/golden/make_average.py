#!/usr/bin/env python3
"""Writes average.txt: a weight over 20 updates of torch's Adam and what
torch.optim.swa_utils.AveragedModel makes of it with the decay min(d, (1 + t) / (10 + t)).
Lines "UPDATE DECAY VALUE AVERAGE", update 0 the start. Needs PyTorch."""
import sys
import torch
from torch.optim.swa_utils import AveragedModel

out = open(sys.argv[1] if len(sys.argv) > 1 else "tests/golden/average.txt", "w")
for decay in (0.25, 0.999):
    torch.manual_seed(5)
    model = torch.nn.Linear(1, 1, bias=False).double()

    def mean(average, value, n, decay=decay):
        # n: how often it was updated before
        d = min(decay, (2.0 + int(n)) / (11.0 + int(n)))
        return d * average + (1 - d) * value

    averaged = AveragedModel(model, avg_fn=mean)
    opt = torch.optim.Adam(model.parameters(), lr=0.3)
    for t in range(21):
        if t:
            opt.zero_grad()
            loss = (model(torch.tensor([[1.0 + t % 3]], dtype=torch.double)) - 2).square().sum()
            loss.backward()
            opt.step()
            with torch.no_grad():
                averaged.n_averaged.fill_(t - 1)
                if t == 1:  # where n is 0 AveragedModel would copy
                    p = next(averaged.module.parameters())
                    p.copy_(mean(p, model.weight, 0))
                else:
                    averaged.update_parameters(model)
        print(t, decay, "%.12f" % model.weight.item(),
              "%.12f" % next(averaged.module.parameters()).item(), file=out)
