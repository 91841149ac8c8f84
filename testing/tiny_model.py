"""A language model of a few hundred thousand weights, made on the spot: it answers nonsense in milliseconds.

It is a Llama with random weights, a byte-level BPE tokenizer trained on this package's cards, and a chat
template, in a folder as `transformers` saves one. What loads, serves or scores a model can be tested with
it offline, without a download.
"""

# torch, transformers and tokenizers come with the extra `gpu`, and type checkers may not find them.
# pyright: reportMissingImports=false

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

SPECIAL: Final = ("<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>")
TEMPLATE: Final = (
    "{% for message in messages %}"
    "<|{{ message['role'] }}|>{{ message['content'] }}<|end|>"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_CARDS: Final = Path(__file__).parent.parent / "cards"


def make_tiny_model(
    folder: Path,
    *,
    seed: int = 0,
    vocabulary: int = 1024,
    width: int = 64,
    layers: int = 2,
    context: int = 2048,
    spread: float = 0.3,
    ends: int = 0,
) -> Path:
    """Write a model with random weights; the same arguments and libraries give the same weights.

    Args:
        folder: Where it goes; made if it isn't there.
        seed: Of the weights.
        vocabulary: Tokens, at least 512 (256 bytes, the special tokens, merges).
        width: Size of the hidden state, a multiple of 16; a head has 16.
        layers: Number of layers.
        context: The most tokens that prompt and answer may have together.
        spread: Standard deviation of the weights. Small ones make all tokens about equally likely.
        ends: Every how manieth token ends an answer; 0 for the end token alone, which hardly ever comes.

    Returns:
        The folder.

    Raises:
        ImportError: torch, transformers or tokenizers isn't installed.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer(vocabulary, context)
    more_ends = range(len(SPECIAL), len(tokenizer), ends) if ends else ()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 16,
        num_key_value_heads=max(1, width // 32),
        max_position_embeddings=context,
        initializer_range=spread,
        bos_token_id=None,
        eos_token_id=[tokenizer.eos_token_id, *more_ends],
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(vocabulary: int, context: int) -> Any:
    """A byte-level BPE over the cards' text, with the chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    texts = (path.read_text(encoding="utf-8") for path in sorted(_CARDS.glob("*.md")))
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=SPECIAL[0],
        pad_token=SPECIAL[1],
        additional_special_tokens=list(SPECIAL[2:]),
        chat_template=TEMPLATE,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )
