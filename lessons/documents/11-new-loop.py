# SPDX-License-Identifier: MIT
import asyncio


async def simple_task(name, delay):
    print(f"Task {name} 시작")
    await asyncio.sleep(delay)
    print(f"Task {name} 완료")


def create_and_run_event_loop():
    print("[STEP] 새로운 이벤트 루프 생성")
    new_loop = asyncio.new_event_loop()

    print("[STEP] 생성된 루프를 현재 스레드의 이벤트 루프로 설정")
    asyncio.set_event_loop(new_loop)

    try:
        print("[STEP] 비동기 함수 실행")
        new_loop.run_until_complete(simple_task("새 루프 태스크", 2))
    finally:
        print("[STEP] 이벤트 루프 닫기")
        new_loop.close()


if __name__ == "__main__":
    print("[STEP] 메인 함수에서 새 이벤트 루프 생성 및 실행")
    create_and_run_event_loop()
