/** Search words: FREQUENT is in about 3 % of the messages, RARE in very few. Neither is in the words below. */
export const FREQUENT = '회의'
export const RARE = '수달'

const STEMS =
  '오늘 내일 어제 아침 점심 저녁 주말 사진 파일 자료 일정 약속 버스 기차 택시 병원 학교 회사 친구 동생 부모님 가족 커피 식당 영화 음악 운동 여행 바다 공원 도서관 시장 마트 은행 우체국 날씨 비가 바람 감기 시험 숙제 발표 계획 예산 계약 고객 주문 배송 결제 환불 쿠폰 선물 생일 축하 감사 미안 확인 부탁 전화 문자 메일 주소 지도 예약 취소 변경 시작 마감 보고서 디자인 개발 배포 서버 오류 수정 테스트'.split(
    ' ',
  )
const ENDINGS =
  '은 는 이 가 을 를 에 에서 으로 까지 부터 도 만 요 입니다 했어요 할게요 하나요 인데 이라서 이랑 같아요'.split(
    ' ',
  )
const ENGLISH =
  'please check the file again ok thanks meeting at noon see you there sounds good let me know when you are done new build is up ship it tomorrow'.split(
    ' ',
  )

/** The same messages in every run: two to six words, one message in seven in English. */
export function sampleTexts(seed = 1): () => string {
  let state = seed
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const pick = (words: string[]) => words[below(words.length)] as string
  return () => {
    const isEnglish = below(7) === 0
    const words = Array.from({ length: 2 + below(5) }, () =>
      isEnglish ? pick(ENGLISH) : `${pick(STEMS)}${pick(ENDINGS)}`,
    )
    if (below(100) < 3) words.splice(below(words.length), 0, `${FREQUENT}${pick(ENDINGS)}`)
    return words.join(' ')
  }
}
