# frozen_string_literal: true

module RuboCop
  module LlmRouter
    # The names by which Ruby code reaches hosted models: clients, hosts of APIs, keys. Data alone.
    module Providers
      # Modules of which a class named Client is a client.
      ROOTS = %w[OpenAI OpenAi Openai AzureOpenAI Azure::OpenAI OpenRouter Anthropic Claude Gemini GeminiAI GeminiAi
                 Google::Genai Google::GenAI GoogleGenerativeAI Groq Mistral MistralAI Ollama Cohere Perplexity
                 PerplexityAI PerplexityAi DeepSeek Deepseek DeepSeekAI Together TogetherAI TogetherAi Fireworks
                 FireworksAI XAI XAi Xai Grok Replicate HuggingFace Huggingface AI21 Voyage VoyageAI Cerebras SambaNova
                 Nvidia Moonshot Maritaca DeepInfra LiteLLM OmniAI Writer Jina].freeze
      ROOT = /\A(?:#{ROOTS.join('|')})\z/

      # Classes: one made is a client.
      MADE = Regexp.union(
        /\A(?:#{ROOTS.join('|')})::(?:\w+::)*(?!Fake|Mock|Stub|Test|Dummy|Null)\w*Client\z/,
        /\AAws::Bedrock(?:Agent)?Runtime::(?:AsyncClient|Client|Resource)\z/,
        /\AGoogle::Cloud::AIPlatform::V\w+::(?:Prediction|Llm\w*|ReasoningEngine\w*)Service::(?:Rest::)?Client\z/,
        /\AGoogle::Apis::(?:Aiplatform|Generativelanguage)V\w+::\w+Service\z/,
        /\ALangchain::LLM::(?!Parameters|Prompts|Response|ApiError|\w*Response\z|\w*Error\z)\w+\z/,
        /\AHuggingFace::(?:InferenceApi|EndpointsApi)\z/,
        /\ABoxcars::(?!\w*(?:Prompt|Conversation|Result|Error|Observation|Input|Calculation)\w*\z)\w+\z/,
        /\ADSPy::(?:LM|Predict|ChainOfThought|ReAct|CodeAct)\z/,
        /\ALLM::(?:OpenAI|Anthropic|Gemini|Ollama|DeepSeek|XAI|ZAI|Groq|HuggingFace|LlamaCpp|Mistral)\z/,
        /\A(?:RubyLLM::(?:Chat|Agent)|Regent::LLM|AiClient|PerplexityApi)\z/
      ).freeze
      # Their parents: a class below one is a client.
      PARENT = Regexp.union(MADE,
                            /\A(?:ActiveAgent::Base|Sublayer::(?:Generators|Actions|Agents|Tasks)::Base)\z/).freeze
      MIXED_IN = /\ARaix::(?:ChatCompletion|Predicate)\z/
      # Of ruby_llm's models, and of ActiveAgent's agents below a parent that another file has.
      MACROS = %i[acts_as_chat generate_with].freeze
      # What tells a gem's Gemini.new from a zodiac's.
      CREDENTIALS = %i[credentials api_key access_token api_token].freeze

      # Methods of modules.
      CALLED = {
        "RubyLLM" => %i[chat ask embed paint transcribe moderate speak context agent],
        "RubyLLM::Embedding" => %i[embed], "RubyLLM::Image" => %i[paint],
        "RubyLLM::Transcription" => %i[transcribe], "RubyLLM::Moderation" => %i[moderate],
        "Anthropic" => %i[messages completions complete client], "OpenAI" => %i[client chat],
        "LLM" => %i[openai anthropic gemini ollama deepseek xai zai groq huggingface llamacpp mistral],
        "OmniAI" => %i[chat embed speak transcribe client],
        "OmniAI::Client" => %i[openai anthropic google mistral deepseek llama find discover],
        "Instructor" => %i[from_openai from_anthropic patch],
        "Google::Cloud::AIPlatform" => %i[prediction_service llm_utility_service],
        "Replicate" => %i[client run], "ClaudeAgentSDK" => %i[query], "Boxcars" => %i[train run]
      }.freeze

      # Hosts of APIs, not of status pages and documents.
      HOST = %r{
        \A\s*(?:(?:https?|wss?):)?(?://)?(?:[^/@\s]+@)?
        (?:
          (?:\w+\.)?api\.openai\.com | [^/\s.]+\.openai\.azure\.(?:com|us) | [^/\s.]+\.services\.ai\.azure\.com
          | [^/\s.]+\.cognitiveservices\.azure\.com(?::443)?/openai | [^/\s]+\.inference\.ai\.azure\.com
          | models\.github\.ai | [^/\s]+\.models\.ai\.azure\.com | api\.anthropic\.com
          | generativelanguage\.googleapis\.com | (?:[^/\s.]+-)?aiplatform\.googleapis\.com
          | bedrock(?:-agent)?-runtime(?:-fips)?\.[^/\s]+\.amazonaws\.com
          | api\.groq\.com | (?:api|codestral)\.mistral\.ai | api\.cohere\.(?:ai|com) | (?:[\w-]+\.)?api\.x\.ai
          | api\.perplexity\.ai | api\.deepseek\.com | api\.together\.(?:xyz|ai) | api\.fireworks\.ai
          | api\.replicate\.com | (?:api-inference|router)\.huggingface\.co | [^/\s]+\.endpoints\.huggingface\.cloud
          | (?:api\.)?openrouter\.ai(?::443)?(?:/api\b|\z) | api\.(?:cerebras|sambanova|novita|friendli|upstage)\.ai
          | api\.(?:hyperbolic\.xyz|stability\.ai|jina\.ai|z\.ai|portkey\.ai|minimax\.(?:io|chat)|moonshot\.(?:ai|cn))
          | api\.(?:ai21|voyageai|deepinfra|writer|aimlapi)\.com | api\.studio\.nebius\.(?:com|ai)
          | integrate\.api\.nvidia\.com | dashscope(?:-\w+)?\.aliyuncs\.com | open\.bigmodel\.cn
          | gateway\.ai\.cloudflare\.com | (?:\w+\.)?helicone\.ai/v1 | ai-gateway\.vercel\.sh | chat\.maritaca\.ai
          | [^/\s:]+:11434
        )(?=[/:?\#\s]|\z)
      }xi
      # The path that all of them share, at whatever host.
      PATH = %r{/chat/completions/?(?:\?|\z)}
      CURL = %r{\b(?:curl|wget)\b.*?(?<url>(?:https?://)[\w.-]+\S*)}m

      NAMES = "OPEN_?AI|ANTHROPIC|CLAUDE|GEMINI|GROQ|MISTRAL(?:_?AI)?|COHERE|X_?AI|GROK|PERPLEXITY|PPLX|DEEPSEEK|" \
              "TOGETHER(?:_?AI)?|FIREWORKS(?:_?AI)?|REPLICATE|HUGGING_?FACE(?:HUB)?|HF|OPEN_?ROUTER|OLLAMA|AI21|" \
              "VOYAGE(?:_?AI)?|CEREBRAS|SAMBANOVA|DEEPINFRA|MOONSHOT|DASHSCOPE|BEDROCK|VERTEX(?:_?AI)?|LITELLM|" \
              "GOOGLE_(?:AI|GEMINI|GENAI|GENERATIVE_AI|GENERATIVE_LANGUAGE|VERTEX)|RUBY_?LLM|LLM"
      SUFFIX = /(?:_?\d+|_(?:PROD\w*|STAG\w*|DEV\w*|TEST|SANDBOX|OLD|NEW|PRIMARY|SECONDARY|BACKUP|EU|US))?/
      KEY = /\A(?:CO_API_KEY|(?:\w+_)?(?:#{NAMES})_(?:API_|ACCESS_|AUTH_|SECRET_|ADMIN_)*(?:KEY|TOKEN)#{SUFFIX})\z/i
      CREDENTIAL = /\A(?:AZURE_)?(?!LLM\b|HF\b)(?:#{NAMES})(?:_API)?\z/i
    end
  end
end
